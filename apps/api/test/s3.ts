import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import S3rver from "@20minutes/s3rver";

export type TestS3 = {
  env: Record<string, string>;
  directory: string;
  stop(): Promise<void>;
};

const bucket = "evidence";

/** A real S3-compatible server on a port of its own. It knows the one key that all of its kind know. */
export async function startS3(): Promise<TestS3> {
  const directory = await mkdtemp(join(tmpdir(), "muniment-s3-"));
  const server = new S3rver({
    port: 0,
    address: "127.0.0.1",
    silent: true,
    directory,
    configureBuckets: [{ name: bucket, configs: [] }],
  });
  const { port } = await server.run();
  return {
    directory,
    env: {
      S3_ENDPOINT: `http://127.0.0.1:${port}`,
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
}
