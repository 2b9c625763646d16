import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { makeEvent, makeSender, sendText, type transports } from "./events-sender.ts";
import { startTestServer, type TestServer } from "./harness.ts";

let server: TestServer;
let sender: Awaited<ReturnType<typeof makeSender>>;
beforeAll(async () => {
  server = await startTestServer();
  sender = await makeSender(server);
});
afterEach(() => vi.restoreAllMocks());
afterAll(() => server.stop());

const many = (count: number, make: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => make(index)).join(",");
const keys = (count: number) => `{${many(count, (index) => `"k${index}":1`)}}`;
const nested = (depth: number) => "[".repeat(depth) + "]".repeat(depth);
const propsOf = (value: string) => `{"type":"a","props":{"p":${value}}}`;

/** Sends a body of megabytes; tells what parsing it took: the longest text parsed, and processor time. */
async function sendLarge(text: string, transport: (typeof transports)[number]) {
  const parse = vi.spyOn(JSON, "parse");
  const before = process.cpuUsage();
  const { status, body } = await sendText(server, sender.key, text, transport);
  const { user } = process.cpuUsage(before);
  const longest = Math.max(0, ...parse.mock.calls.map(([parsed]) => String(parsed).length));
  return { status, body, longest, seconds: user / 1e6 };
}

describe.each(["trpc batch", "rest"] as const)("a body of megabytes over %s", (transport) => {
  test.each([
    ["unclosed brackets", `{"events":[${"[".repeat(3_000_000)}`, "invalid_json"],
    ["unknown fields", `{"events":[1],${keys(300_000).slice(1)}`, "invalid_input"],
    ["numbers as events", `{"events":[${many(400_000, () => "1")}]}`, "invalid_input"],
    ["an object as events", `{"events":${keys(300_000)}}`, "invalid_input"],
    ["events named often", `{${many(300_000, () => '"events":[]')}}`, "invalid_json"],
    ["a list", `[${many(400_000, () => "{}")}]`, "invalid_input"],
  ])("is refused unparsed: %s", async (_name, text, reason) => {
    const seen = await sendLarge(text, transport);
    expect(seen.status).toBe(400);
    expect(seen.body.error.reason ?? seen.body.error.data.reason).toBe(reason);
    expect(seen.longest).toBeLessThan(10_000);
    expect(seen.seconds).toBeLessThan(3);
  });

  test.each([
    ["deep lists", [nested(1_500_000)], "invalid_event"],
    ["a deep value of props", [propsOf(nested(1_500_000))], "too_large"],
    ["deep values of props", Array(12).fill(propsOf(nested(100_000))), "too_deep"],
    ["many keys in one props", [propsOf(keys(300_000))], "too_large"],
    ["many keys in each props", Array(12).fill(propsOf(keys(17_000))), "too_large"],
    [
      "many items in each props",
      Array(30).fill(propsOf(`[${many(50_000, () => "0")}]`)),
      "too_large",
    ],
    ["one long number", [propsOf("1".repeat(3_000_000))], "too_large"],
  ])("loses such events alone, and they are not parsed: %s", async (_name, bad, reason) => {
    const good = [makeEvent(), makeEvent()].map((event) => JSON.stringify(event));
    const events = [good[0], ...bad, good[1]].join(" ,\n");
    const seen = await sendLarge(`{"events":[${events}]}`, transport);
    expect(seen.status).toBe(200);
    expect(seen.body).toMatchObject({ accepted: 2, duplicates: 0 });
    expect(seen.body.rejected).toEqual(
      bad.map((_, place) => ({ index: place + 1, reason, message: expect.any(String) })),
    );
    expect(seen.longest).toBeLessThan(10_000);
    expect(seen.seconds).toBeLessThan(3);
  });

  test("is taken whole where every event is within its bounds", async () => {
    const events = Array.from({ length: 100 }, () =>
      makeEvent({ props: { text: "é\n".repeat(8000), more: [{ a: 1 }] } }),
    );
    const { status, body } = await sendText(
      server,
      sender.key,
      JSON.stringify({ events }),
      transport,
    );
    expect(status).toBe(200);
    expect(body).toMatchObject({ accepted: 100, rejected: [] });
  });
});
