import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeEvent, makeSender, send, sendText, transports } from "./events-sender.ts";
import { startTestServer, type TestServer } from "./harness.ts";

let server: TestServer;
let sender: Awaited<ReturnType<typeof makeSender>>;
beforeAll(async () => {
  server = await startTestServer();
  sender = await makeSender(server);
});
afterAll(() => server.stop());

const nested = (depth: number) => `${'{"a":'.repeat(depth - 1)}{}${"}".repeat(depth - 1)}`;
const event = (fields: string) => `{"type":"hostile.event",${fields}}`;
const soon = new Date(Date.now() + 25 * 3_600_000).toISOString();

/** One hostile event each, as text, with the reason of its refusal. */
const hostile: [string, string, string][] = [
  ["U+0000 in the message", event('"message":"a\\u0000b"'), "invalid_text"],
  ["U+0000 in a key", event('"props":{"a\\u0000":1}'), "invalid_text"],
  ["a lone surrogate", event('"message":"\\ud800"'), "invalid_text"],
  ["a lone surrogate deep in props", event('"props":{"a":[{"b":"x\\udfff"}]}'), "invalid_text"],
  ["__proto__ in the event", event('"__proto__":{"a":1}'), "forbidden_key"],
  ["__proto__ in props", event('"props":{"a":{"__proto__":{"b":1}}}'), "forbidden_key"],
  ["an escaped __proto__", event('"props":{"\\u005f_proto__":1}'), "forbidden_key"],
  ["1e400", event('"props":{"n":1e400}'), "invalid_number"],
  ["a 64-bit integer", event('"props":{"n":9007199254740993}'), "invalid_number"],
  ["too many digits", event('"props":{"n":0.1234567890123456789}'), "invalid_number"],
  ["a number too small", event('"props":{"n":1e-400}'), "invalid_number"],
  ["a seq beyond a double", event('"seq":18446744073709551615'), "invalid_number"],
  ["a negative seq", event('"seq":-1'), "invalid_number"],
  ["depth 17", event(`"props":${nested(17)}`), "too_deep"],
  ["depth 10,000", event(`"props":${nested(10_000)}`), "too_deep"],
  [
    "depth 20,000 in a field",
    event(`"message":${"[".repeat(20_000)}${"]".repeat(20_000)}`),
    "invalid_text",
  ],
  ["a repeated field", event('"message":"a","message":"b"'), "duplicate_key"],
  ["a key repeated in props", event('"props":{"a":{"b":1,"c":2,"b":1}}'), "duplicate_key"],
  ["a key repeated with an escape", event('"props":{"a":1,"\\u0061":2}'), "duplicate_key"],
  ["props named twice", event('"props":{"a":1},"props":{"a":1}'), "duplicate_key"],
  ["an unknown field", event('"typ":"x"'), "unknown_field"],
  ["no type", '{"message":"x"}', "invalid_type"],
  ["an upper-case type", '{"type":"SSH"}', "invalid_type"],
  ["a long type", `{"type":"${"a".repeat(129)}"}`, "invalid_type"],
  ["a number", "1", "invalid_event"],
  ["null", "null", "invalid_event"],
  ["an array", "[]", "invalid_event"],
  ["props that are a list", event('"props":[]'), "invalid_event"],
  ["a long message", event(`"message":"${"é".repeat(2049)}"`), "too_large"],
  ["a long subject", event(`"subject":"${"s".repeat(257)}"`), "too_large"],
  ["a long trace id", event(`"traceId":"${"t".repeat(129)}"`), "too_large"],
  ["large props", event(`"props":{"a":"${"p".repeat(32_768)}"}`), "too_large"],
  [
    "numbers that grow when written out",
    event(`"props":{"a":[${"1e308,".repeat(200)}0]}`),
    "too_large",
  ],
  ["a UUIDv4", event('"id":"3f2c8a52-6d1f-4a35-9d4e-1c2b3a4d5e6f"'), "invalid_id"],
  ["an upper-case id", event('"id":"0193C7A0-0000-7000-8000-000000000000"'), "invalid_id"],
  ["an id of the year 1980", event('"id":"00497968-8400-7000-8000-000000000000"'), "out_of_range"],
  ["an id far ahead", event('"id":"ffffffff-ffff-7fff-bfff-ffffffffffff"'), "out_of_range"],
  ["a time before 2000", event('"occurredAt":"1999-12-31T23:59:59.999Z"'), "out_of_range"],
  ["a time 25 h ahead", event(`"occurredAt":"${soon}"`), "out_of_range"],
  ["microseconds", event('"occurredAt":"2026-01-01T00:00:00.000001Z"'), "invalid_time"],
  ["30 February", event('"occurredAt":"2026-02-30T00:00:00Z"'), "invalid_time"],
  ["a leap second", event('"occurredAt":"2016-12-31T23:59:60Z"'), "invalid_time"],
  ["a time without offset", event('"occurredAt":"2026-01-01T00:00:00"'), "invalid_time"],
  ["a time as a number", event('"occurredAt":1767225600000'), "invalid_time"],
  ["an unknown level", event('"level":"fatal"'), "invalid_level"],
];

describe.each(transports)("a hostile event over %s", (transport) => {
  test.each(hostile)("is refused alone: %s", async (_name, text, reason) => {
    const neighbours = Array.from({ length: 99 }, (_, seq) => JSON.stringify(makeEvent({ seq })));
    neighbours.splice(50, 0, text);
    const batch = `{"events":[${neighbours.join(" , ")}]}`;
    const { status, body } = await sendText(server, sender.key, batch, transport);
    expect(status).toBe(200);
    expect(body).toMatchObject({ accepted: 99, duplicates: 0, rejected: [{ index: 50, reason }] });
    expect(body.rejected).toHaveLength(1);
  });
});

test("types that read like values are types all the same", async () => {
  const types = ["null", "nan", "-", "0", "true", "a:b", "..."];
  const events = types.map((type) => makeEvent({ type }));
  const { status, body } = await send(server, sender.key, events);
  expect([status, body.accepted, body.rejected]).toEqual([200, types.length, []]);
  const found = await server.owner`
    select type from events where id = any(${events.map(({ id }) => id)}::uuid[])`;
  expect(found.map(({ type }) => type).sort()).toEqual([...types].sort());
});
