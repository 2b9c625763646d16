import { expect, test } from "vitest";
import type { Egress, EgressAnswer } from "../egress/egress.ts";
import { tryBucket } from "./send-to-bucket.ts";

const settings = {
  ...{ target: "https://s3.example.org/evidence/log", region: "us-east-1", retainDays: null },
  ...{ accessKeyId: "id", secretAccessKey: "secret" },
};

const answer = (status: number): EgressAnswer => ({
  ...{ status, headers: {}, bytes: Buffer.alloc(0), body: "", truncated: false },
});

/** A store that answers as many calls as are given, and no other. */
function storeOf(...statuses: number[]) {
  const asked: number[] = [];
  const send: Egress["send"] = ({ timeoutMilliseconds }) => {
    asked.push(timeoutMilliseconds);
    const status = statuses.shift();
    return status ? Promise.resolve(answer(status)) : new Promise(() => {});
  };
  return { asked, egress: { send } as unknown as Egress };
}

test("a bucket is tried for so long in all, whichever of its answers does not come", async () => {
  for (const answered of [[], [200], [200, 200], [200, 200, 200]]) {
    const { asked, egress } = storeOf(...answered);
    await expect(tryBucket(egress, settings, new Date(), 50)).rejects.toMatchObject({
      reason: "bucket_unsuitable",
      message: "The bucket did not answer what it was tried with within 0.05 s.",
    });
    expect(asked.filter((milliseconds) => milliseconds > 50)).toEqual([]);
  }
});

test("a bucket that answers in time is taken, and asked for no more than is known of it", async () => {
  const { asked, egress } = storeOf(200, 200, 200, 412);
  await tryBucket(egress, settings, new Date());
  expect(asked).toHaveLength(4);
});
