/** The part of the S3-compatible server that the tests use; it ships no types. */
declare module "@20minutes/s3rver" {
  namespace S3rver {
    type Context = {
      method: string;
      path: string;
      query: Record<string, unknown>;
      status: number;
      body: unknown;
      get(header: string): string;
      set(header: string, value: string): void;
    };
  }
  class S3rver {
    constructor(options: {
      address: string;
      port: number;
      silent: boolean;
      directory: string;
      configureBuckets: { name: string; configs: string[] }[];
    });
    /** It is a Koa application. */
    middleware: ((context: S3rver.Context, next: () => Promise<void>) => Promise<void>)[];
    store: {
      listObjects(bucket: string, options: object): Promise<{ isTruncated: boolean }>;
    };
    run(): Promise<{ port: number }>;
    close(): Promise<void>;
  }
  export = S3rver;
}
