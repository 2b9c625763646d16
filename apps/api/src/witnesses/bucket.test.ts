import { expect, test } from "vitest";
import type { Egress } from "../egress/egress.ts";
import { openBucket } from "./bucket.ts";

const settings = {
  target: "https://s3.example.org/bucket",
  region: "r",
  accessKeyId: "id",
  secretAccessKey: "secret",
};
/** A bucket that lists, behind every name, so many more of this length for ever. */
function endless(length: number) {
  let [asked, last] = [0, 0];
  const send: Egress["send"] = async () => {
    asked += 1;
    const names = Array.from({ length: 50 }, () => {
      last += 1;
      return `<Key>.erasures/${String(last).padStart(length, "0")}</Key>`;
    });
    const body = names.join("");
    return { status: 200, headers: {}, body, bytes: Buffer.from(body), truncated: false };
  };
  const bucket = openBucket({ send } as Egress, settings);
  return {
    read: (endsAt: number) => bucket.namesIn(".erasures/", endsAt),
    asked: () => asked,
  };
}
const inAMinute = () => performance.now() + 60_000;

test("a list of names that never ends is not read for ever", async () => {
  const short = endless(100);
  await expect(short.read(inAMinute())).rejects.toThrow("holds more than was put there");
  expect(short.asked()).toBeLessThan(2010);
  const long = endless(1000);
  await expect(long.read(inAMinute())).rejects.toThrow("holds more than was put there");
  expect(long.asked()).toBe(1);
  const late = endless(100);
  await expect(late.read(performance.now())).rejects.toThrow("It took too long.");
  expect(late.asked()).toBe(0);
});
