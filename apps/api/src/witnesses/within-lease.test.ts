import { expect, test } from "vitest";
import type { Egress, EgressRequest } from "../egress/egress.ts";
import type { DeliverInput } from "./send-checkpoint.ts";
import { withinLease } from "./within-lease.ts";

const request: EgressRequest = {
  ...{ url: "https://example.org/", method: "GET", timeoutMilliseconds: 10_000, maxBodyBytes: 1 },
};

/** Ways out that count what goes through them. */
function waysOut() {
  const sent: number[] = [];
  const send: Egress["send"] = async ({ timeoutMilliseconds }) => {
    sent.push(timeoutMilliseconds);
    return { status: 200, headers: {}, bytes: Buffer.alloc(0), body: "", truncated: false };
  };
  const sendNow = async () => void sent.push(0);
  const input = { egress: { send }, mailer: { sendNow } } as unknown as DeliverInput;
  return { sent, input };
}

test("a request of a delivery waits no longer than the delivery may", async () => {
  const { sent, input } = waysOut();
  await withinLease(input, performance.now() + 3_600_000, ({ egress }) => egress.send(request));
  await withinLease(input, performance.now() + 9000, ({ egress }) => egress.send(request));
  expect(sent[0]).toBe(10_000);
  expect(sent[1]).toBeLessThanOrEqual(9000);
});

test("nothing goes out once the time is over", async () => {
  const { sent, input } = waysOut();
  const over = performance.now() - 1;
  const message = { to: "", subject: "", text: "" };
  const late = /^It took too long\.$/;
  await expect(withinLease(input, over, (one) => one.egress.send(request))).rejects.toThrow(late);
  await expect(withinLease(input, over, (one) => one.mailer.sendNow(message))).rejects.toThrow(
    late,
  );
  await expect(withinLease(input, over, async (one) => one.requireLease())).rejects.toThrow(late);
  expect(sent).toEqual([]);
});

test("what does not come back is given up in time", async () => {
  const { input } = waysOut();
  const never = () => new Promise<never>(() => {});
  await expect(withinLease(input, performance.now() + 20, never)).rejects.toThrow(/too long/);
});
