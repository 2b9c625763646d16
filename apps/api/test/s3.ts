import { access, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import S3rver from "@20minutes/s3rver";
import { freePort } from "../../../test/free-port.ts";

type Lock = { mode: string; until: string };

export type TestS3 = {
  env: Record<string, string>;
  url: string;
  directory: string;
  /** Where the bytes of an object lie. */
  pathOf(key: string): string;
  /** Runs while a write waits to be judged. */
  beforePut: (key: string) => Promise<void>;
  /** Runs once a write was stored, before it is answered. */
  afterPut: (key: string) => Promise<void>;
  /** What becomes of a lock that is asked for; undefined as where a bucket has no Object Lock. */
  lock: (asked: Lock) => Lock | undefined;
  /** The locks that it tells of, by key. */
  locks: Map<string, Lock>;
  /** Whether it refuses to write over what is there when it is asked to. */
  writesOnce: boolean;
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
  const locks = new Map<string, Lock>();
  server.middleware.unshift(async (context, next) => {
    const key = context.path.slice(`/${bucket}/`.length);
    const isWrite = context.method === "PUT" && key !== "";
    if (isWrite) {
      await s3.beforePut(key);
      const exists = await access(s3.pathOf(key)).then(
        () => true,
        () => false,
      );
      if (exists && s3.writesOnce && context.get("if-none-match") === "*") {
        context.status = 412;
        return;
      }
      const mode = context.get("x-amz-object-lock-mode");
      const until = context.get("x-amz-object-lock-retain-until-date");
      const lock = mode ? s3.lock({ mode, until }) : undefined;
      if (lock) locks.set(key, lock);
      else locks.delete(key);
    }
    if (context.query["list-type"] && s3.lists === "without its keys") {
      context.body = "<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>";
      return;
    }
    await next();
    if (isWrite) await s3.afterPut(key);
    const lock = locks.get(key);
    if (!lock || context.method !== "GET") return;
    context.set("x-amz-object-lock-mode", lock.mode);
    context.set("x-amz-object-lock-retain-until-date", lock.until);
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
    afterPut: async () => {},
    lock: (asked) => asked,
    locks,
    writesOnce: true,
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
