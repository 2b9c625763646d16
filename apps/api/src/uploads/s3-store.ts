import { createHash } from "node:crypto";
import { AwsV4Signer } from "aws4fetch";
import type { Config } from "../config.ts";
import { createEgress } from "../egress/egress.ts";
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
 * Objects of a bucket, by path (`<endpoint>/<bucket>/uploads/<id>`), signed with AWS Signature Version
 * 4. The operator named the endpoint, so it may be in a private network.
 */
export function createS3Store(settings: Settings): FileStore {
  const egress = createEgress(["0.0.0.0/0", "::/0"]);
  const { accessKeyId, secretAccessKey, region } = settings;
  const base = `${settings.endpoint.href.replace(/\/$/, "")}/${settings.bucket}/${folder}`;

  async function call(
    method: "GET" | "PUT" | "DELETE",
    id: string,
    body: Buffer = Buffer.alloc(0),
  ) {
    const headers: Record<string, string> = {
      // So that the store refuses what was altered on its way.
      "x-amz-content-sha256": createHash("sha256").update(body).digest("hex"),
    };
    if (method === "PUT") headers["content-type"] = "application/octet-stream";
    const signer = new AwsV4Signer({
      method,
      url: `${base}/${id}`,
      headers,
      accessKeyId,
      secretAccessKey,
      region,
      service: "s3",
    });
    try {
      const signed = await signer.sign();
      return await egress.send({
        url: signed.url.href,
        method,
        headers: Object.fromEntries(signed.headers),
        ...(method === "PUT" ? { body } : {}),
        timeoutMilliseconds,
        maxBodyBytes: settings.maxObjectBytes,
      });
    } catch (cause) {
      throw unavailable(cause);
    }
  }
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
