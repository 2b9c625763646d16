import type { Config } from "../config.ts";
import { createEgress } from "../egress/egress.ts";
import { createS3Client } from "../egress/s3-client.ts";
import { AppError } from "../errors.ts";
import type { FileStore } from "./file-store.ts";

type Settings = NonNullable<Config["s3"]>;

const timeoutMilliseconds = 20_000;
const folder = "uploads";

const unavailable = (cause: unknown) =>
  new AppError("storage_unavailable", "The store of files cannot be reached.", {
    cause,
    retryAfterSeconds: 30,
  });

/**
 * Objects of a bucket, by path (`<endpoint>/<bucket>/uploads/<id>`). The operator named the endpoint,
 * so it may be in a private network.
 */
export function createS3Store(settings: Settings): FileStore {
  const { endpoint, bucket, ...keys } = settings;
  const client = createS3Client({
    ...keys,
    egress: createEgress(["0.0.0.0/0", "::/0"]),
    base: `${endpoint.href.replace(/\/$/, "")}/${bucket}`,
    timeoutMilliseconds,
  });
  const call = async (method: "GET" | "PUT" | "DELETE", id: string, body?: Buffer) => {
    const headers = body ? { "content-type": "application/octet-stream" } : {};
    const request = { method, key: `${folder}/${id}`, headers, ...(body ? { body } : {}) };
    return client(request).catch((cause: unknown) => {
      throw unavailable(cause);
    });
  };
  const refused = (method: string, status: number) =>
    unavailable(new Error(`S3 answered ${status} to ${method}`));

  return {
    async put(id, bytes) {
      const { status } = await call("PUT", id, bytes);
      if (status !== 200) throw refused("PUT", status);
    },
    async get(id) {
      const { status, bytes, truncated } = await call("GET", id);
      if (status === 404) return null;
      if (status !== 200 || truncated) throw refused("GET", status);
      return bytes;
    },
    async remove(id) {
      const { status } = await call("DELETE", id);
      if (status !== 204 && status !== 200 && status !== 404) throw refused("DELETE", status);
    },
  };
}
