import { createHash } from "node:crypto";
import { AwsV4Signer } from "aws4fetch";
import type { Egress, EgressAnswer } from "./egress.ts";

export type S3Settings = {
  egress: Egress;
  /** `<endpoint>/<bucket>`, by path and without a slash at its end. */
  base: string;
  region: string;
  accessKeyId: string;
  secretAccessKey: string;
  timeoutMilliseconds: number;
  maxObjectBytes: number;
};

type Call = {
  method: "GET" | "PUT" | "DELETE";
  /** Below the bucket; empty for the bucket itself. */
  key: string;
  query?: Record<string, string>;
  headers?: Record<string, string>;
  body?: Buffer;
};

/** Calls an S3-compatible store, signed with AWS Signature Version 4; `@throws` what the egress does. */
export type S3Client = (call: Call) => Promise<EgressAnswer>;

export function createS3Client(settings: S3Settings): S3Client {
  const { egress, base, accessKeyId, secretAccessKey, region } = settings;
  return async ({ method, key, query = {}, headers: given = {}, body }) => {
    const headers: Record<string, string> = {
      ...given,
      // So that the store refuses what was altered on its way.
      "x-amz-content-sha256": createHash("sha256")
        .update(body ?? "")
        .digest("hex"),
    };
    const search = new URLSearchParams(query).toString();
    const path = key === "" ? base : `${base}/${key}`;
    const signer = new AwsV4Signer({
      method,
      url: search === "" ? path : `${path}?${search}`,
      headers,
      accessKeyId,
      secretAccessKey,
      region,
      service: "s3",
    });
    const signed = await signer.sign();
    return egress.send({
      url: signed.url.href,
      method,
      headers: Object.fromEntries(signed.headers),
      ...(body === undefined ? {} : { body }),
      timeoutMilliseconds: settings.timeoutMilliseconds,
      maxBodyBytes: settings.maxObjectBytes,
    });
  };
}
