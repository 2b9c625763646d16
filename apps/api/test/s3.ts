import { access, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import S3rver from "@20minutes/s3rver";
import { freePort } from "../../../test/free-port.ts";

export type TestS3 = {
  env: Record<string, string>;
  url: string;
  directory: string;
  /** Where the bytes of an object lie. */
  pathOf(key: string): string;
  /** Runs while a write waits to be judged. */
  beforePut: (key: string) => Promise<void>;
  /** Whether a lock that is asked for is granted, as by a bucket with Object Lock. */
  locks: boolean;
  /** How a list is answered; otherwise than rightly as by stores that know less of S3. */
  lists: "rightly" | "from its beginning" | "without its keys";
  stop(): Promise<void>;
};

const bucket = "evidence";

/**
 * A real S3-compatible server on a port of its own. It knows the one key that all of its kind know. What
 * it lacks of S3 is added in front of it: writes with `If-None-Match: *`, and telling of Object Lock.
 * `at` is the port of an empty one in the place of one that was stopped.
 */
export async function startS3(at?: number): Promise<TestS3> {
  const directory = await mkdtemp(join(tmpdir(), "muniment-s3-"));
  const server = new S3rver({
    port: at ?? (await freePort()),
    address: "127.0.0.1",
    silent: true,
    directory,
    configureBuckets: [{ name: bucket, configs: [] }],
  });
  const locked = new Map<string, string>();
  server.middleware.unshift(async (context, next) => {
    const key = context.path.slice(`/${bucket}/`.length);
    if (context.method === "PUT" && key !== "") {
      await s3.beforePut(key);
      const exists = await access(s3.pathOf(key)).then(
        () => true,
        () => false,
      );
      if (exists && context.get("if-none-match") === "*") {
        context.status = 412;
        return;
      }
      const mode = context.get("x-amz-object-lock-mode");
      if (mode && s3.locks) locked.set(key, mode);
    }
    if (context.query["list-type"] && s3.lists === "without its keys") {
      context.body = "<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>";
      return;
    }
    await next();
    const mode = context.method === "GET" && locked.get(key);
    if (mode) context.set("x-amz-object-lock-mode", mode);
  });
  // Its token for the rest of a list needs DES, which OpenSSL 3 has not; nobody here asks for the rest.
  const list = server.store.listObjects.bind(server.store);
  server.store.listObjects = async (name, asked) => ({
    ...(await list(name, s3.lists === "rightly" ? asked : { ...asked, startAfter: undefined })),
    isTruncated: false,
  });
  const { port } = await server.run();
  const url = `http://127.0.0.1:${port}`;
  const s3: TestS3 = {
    url: `${url}/${bucket}`,
    directory,
    pathOf: (key) => join(directory, bucket, `${key}._S3rver_object`),
    beforePut: async () => {},
    locks: true,
    lists: "rightly",
    env: {
      S3_ENDPOINT: url,
      S3_BUCKET: bucket,
      S3_ACCESS_KEY_ID: "S3RVER",
      S3_SECRET_ACCESS_KEY: "S3RVER",
    },
    async stop() {
      // Whoever stopped it during a test has done so already.
      await server.close().catch(() => {});
      await rm(directory, { recursive: true, force: true });
    },
  };
  return s3;
}
