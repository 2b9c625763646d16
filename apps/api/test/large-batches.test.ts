import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { makeEvent, makeSender, sendText, transports } from "./events-sender.ts";
import { startTestServer, type TestServer } from "./harness.ts";

let server: TestServer;
let sender: Awaited<ReturnType<typeof makeSender>>;
beforeAll(async () => {
  server = await startTestServer();
  sender = await makeSender(server);
});
afterAll(() => server.stop());

test.each(transports)(
  "of a large batch over %s only what may be stored is parsed",
  async (transport) => {
    const deep = `{"type":"a","props":{"p":${"[".repeat(50_000)}${"]".repeat(50_000)}}}`;
    const wide = `{"type":"a","props":{${Array.from({ length: 30_000 }, (_, at) => `"k${at}":1`)}}}`;
    const [first, last] = [makeEvent(), makeEvent()].map((event) => JSON.stringify(event));
    const batch = `{"events":[${[first, deep, wide, "7", last].join(" , ")}]}`;
    const parse = vi.spyOn(JSON, "parse");
    const { status, body } = await sendText(server, sender.key, batch, transport);
    const longest = Math.max(...parse.mock.calls.map(([text]) => String(text).length));
    parse.mockRestore();
    expect([status, body.accepted]).toEqual([200, 2]);
    expect(body.rejected).toMatchObject([
      { index: 1, reason: "too_deep" },
      { index: 2, reason: "too_large" },
      { index: 3, reason: "invalid_event" },
    ]);
    expect(longest).toBeLessThan(10_000);
  },
);

test.each(transports)(
  "unknown fields around a large batch are refused over %s",
  async (transport) => {
    const fields = Array.from({ length: 30_000 }, (_, at) => `"k${at}":1`);
    const { status, body } = await sendText(
      server,
      sender.key,
      `{"events":[1],${fields}}`,
      transport,
    );
    expect([status, body.error.reason ?? body.error.data.reason]).toEqual([400, "invalid_input"]);
  },
);
