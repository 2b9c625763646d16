import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeEvent, makeSender, searchAll, send, sendText, transports } from "./events-sender.ts";
import { startTestServer, type TestServer } from "./harness.ts";

let server: TestServer;
let sender: Awaited<ReturnType<typeof makeSender>>;
beforeAll(async () => {
  server = await startTestServer();
  sender = await makeSender(server);
});
afterAll(() => server.stop());

describe("what is stored", () => {
  test("comes back exactly as sent", async () => {
    const { member, key, agentId } = await makeSender(server);
    const props = {
      one: 1.0,
      big: 9007199254740992,
      small: 5e-324,
      tenth: 0.1,
      million: 1e6,
      huge: 1.7976931348623157e308,
      text: 'é "\\" \u2028 😀 \u0001',
      nothing: null,
      list: [true, false, [], {}, "", 0],
      "": { constructor: 1, toString: "x", "a b": 2, "1": 3 },
    };
    const sent = makeEvent({
      level: "critical",
      message: "m\n\t",
      subject: "s",
      traceId: "t",
      seq: 17,
      props,
    });
    const text = JSON.stringify({ events: [sent] })
      .replace('"one":1,', '"one":1.0,')
      .replace('"million":1000000', '"million":1e6');
    expect((await sendText(server, key, text)).body.accepted).toBe(1);
    const answer = await member.query("events.get", { id: sent.id });
    expect(answer.data).toEqual({ ...sent, agentId, receivedAt: expect.any(String) });
    expect((await searchAll(member))[0]).toEqual(answer.data);
  });

  test("is any text, in any field", async () => {
    const { member, key } = await makeSender(server);
    const odd = fc.constantFrom(
      ..."{}[],\"'\\\n\t%_:$",
      "NULL",
      "null",
      "\u0001",
      "\u2028",
      "é",
      "😀",
      " ",
    );
    const text = fc
      .array(fc.oneof(odd, fc.string({ unit: "binary", minLength: 1, maxLength: 3 })), {
        maxLength: 12,
      })
      .map((parts) => parts.join(""))
      .filter((one) => one.isWellFormed() && !one.includes("\0") && one !== "__proto__");
    const fields = fc.record({
      message: text,
      subject: text,
      traceId: text,
      props: fc.dictionary(
        text,
        fc.oneof(text, fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e20, max: 1e20 })),
        { noNullPrototype: true },
      ),
    });
    const sent = fc.sample(fields, 100).map((one) => JSON.parse(JSON.stringify(makeEvent(one))));
    const { body } = await send(server, key, sent);
    expect(body).toMatchObject({ accepted: 100, rejected: [] });
    const stored = new Map((await searchAll(member, { limit: 100 })).map((one) => [one.id, one]));
    for (const event of sent) expect(stored.get(event.id)).toMatchObject(event);
  });

  test("gets the defaults for what was not sent", async () => {
    const { member, key, agentId } = await makeSender(server);
    const { body } = await send(server, key, [{ type: "a" }]);
    const [stored] = await searchAll(member);
    expect(stored).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7/),
      agentId,
      type: "a",
      occurredAt: body.receivedAt,
      receivedAt: body.receivedAt,
      level: "info",
      message: null,
      subject: null,
      traceId: null,
      seq: null,
      props: {},
    });
    const time = Number.parseInt(stored.id.replace("-", "").slice(0, 12), 16);
    expect(new Date(time).toISOString()).toBe(stored.occurredAt);
  });

  test("keeps an offset's instant, and years from 2000 on", async () => {
    const { member, key } = await makeSender(server);
    const times = [
      ["2026-03-01T00:30:00.5+05:30", "2026-02-28T19:00:00.500Z"],
      ["2000-01-01T00:00:00Z", "2000-01-01T00:00:00.000Z"],
      ["2016-02-29t23:59:59.120000z", "2016-02-29T23:59:59.120Z"],
      ["2012-01-01T00:00:00-23:59", "2012-01-01T23:59:00.000Z"],
    ];
    const { body } = await send(
      server,
      key,
      times.map(([occurredAt]) => ({ type: "a", occurredAt })),
    );
    expect(body).toMatchObject({ accepted: 4, rejected: [] });
    const stored = (await searchAll(member)).map(({ occurredAt }) => occurredAt);
    expect(stored).toEqual(
      times
        .map(([, utc]) => utc)
        .sort()
        .reverse(),
    );
  });
});

describe("partitions", () => {
  const count = async () => {
    const [row] = await server.owner`
      select count(*)::int from pg_inherits where inhparent = 'events'::regclass`;
    return row?.count;
  };

  test("are no more than the years before this one, its months and the next, whatever is sent", async () => {
    const { key } = await makeSender(server);
    const year = new Date().getUTCFullYear();
    const months = Array.from({ length: (year - 2000) * 12 }, (_, n) =>
      makeEvent({}, Date.UTC(2000, n, 15)),
    );
    for (let from = 0; from < months.length; from += 100) {
      const { body } = await send(server, key, months.slice(from, from + 100));
      expect(body.rejected).toEqual([]);
    }
    expect(await count()).toBeLessThanOrEqual(year - 2000 + 14);
  });

  test("are made again when one that the server knew has gone", async () => {
    const { member, key } = await makeSender(server);
    const at = Date.UTC(2003, 6);
    await send(server, key, [makeEvent({}, at)]);
    await server.owner`drop table events_2003`;
    const event = makeEvent({}, at);
    expect((await send(server, key, [makeEvent(), event])).body).toMatchObject({ accepted: 2 });
    expect((await searchAll(member, { to: "2004-01-01T00:00:00Z" })).map(({ id }) => id)).toEqual([
      event.id,
    ]);
  });
});

describe("the envelope", () => {
  const refused: [string, string, string][] = [
    ["no events", "{}", "invalid_input"],
    ["an empty batch", '{"events":[]}', "invalid_input"],
    ["101 events", JSON.stringify({ events: Array(101).fill({ type: "a" }) }), "invalid_input"],
    ["an unknown field", '{"events":[{"type":"a"}],"more":1}', "invalid_input"],
    ["events named twice", '{"events":[{"type":"a"}],"events":[{"type":"a"}]}', "invalid_json"],
    [
      "events named twice, once escaped",
      '{"\\u0065vents":1,"events":[{"type":"a"}]}',
      "invalid_json",
    ],
    ["broken JSON", '{"events":[{"type":"a"}]', "invalid_json"],
    ["a list", "[]", "invalid_input"],
  ];
  test.each(refused)("is refused whole: %s", async (_name, text, reason) => {
    for (const transport of transports) {
      const { status, body } = await sendText(server, sender.key, text, transport);
      const wholeBatch = transport === "trpc batch" && reason === "invalid_json";
      expect([transport, status]).toEqual([transport, 400]);
      expect(body.error.data?.reason ?? body.error.reason).toBe(
        wholeBatch ? body.error.data.reason : reason,
      );
    }
  });

  test("is refused when a batch names an input twice", async () => {
    const response = await server.fetch("/trpc/events.ingest,events.ingest?batch=1", {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${sender.key}` },
      body: '{"0":{"events":[{"type":"a"}]},"0":{"events":[{"type":"a"}]}}',
    });
    expect(response.status).toBe(400);
  });

  test("judges each call of a batch by its own text", async () => {
    const inputs = ['{"events":[{"type":"a","seq":1}]}', '{"events":[{"type":"b","type":"b"}]}'];
    const response = await server.fetch("/trpc/events.ingest,events.ingest?batch=1", {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${sender.key}` },
      body: ` { "1" : ${inputs[1]} , "0" : ${inputs[0]} } `,
    });
    // biome-ignore lint/suspicious/noExplicitAny: the envelopes of two answers
    const answers: any = await response.json();
    expect(answers[0].result.data).toMatchObject({ accepted: 1, rejected: [] });
    expect(answers[1].result.data).toMatchObject({
      accepted: 0,
      rejected: [{ reason: "duplicate_key" }],
    });
  });

  test("may be 10 MiB and no more, and brackets alone cannot hurt", async () => {
    const brackets = `{"events":[{"type":"a"},${"[".repeat(1_000_000)}${"]".repeat(1_000_000)}]}`;
    const { status, body } = await sendText(server, sender.key, brackets);
    expect(status).toBe(200);
    expect(body).toMatchObject({ accepted: 1, rejected: [{ index: 1, reason: "invalid_event" }] });
    const large = `{"events":[{"type":"a","message":"${"m".repeat(10_485_760)}"}]}`;
    for (const transport of transports) {
      expect((await sendText(server, sender.key, large, transport)).status).toBe(413);
    }
  });
});

describe("a key", () => {
  test("limited to types is refused the others one by one", async () => {
    const { key } = await makeSender(server, { eventTypes: ["ssh.*", "job.done"] });
    const types = ["ssh.login.failed", "job.done", "job.done.twice", "http.request"];
    const { body } = await send(
      server,
      key,
      types.map((type) => ({ type })),
    );
    expect(body.accepted).toBe(2);
    expect(
      body.rejected.map((one: { index: number; reason: string }) => [one.index, one.reason]),
    ).toEqual([
      [2, "event_type_not_allowed"],
      [3, "event_type_not_allowed"],
    ]);
  });

  test("without the scope, and a session, may not send", async () => {
    const { member, key } = await makeSender(server, { scopes: ["events:read"] });
    const { status, body } = await send(server, key, [{ type: "a" }]);
    expect([status, body.error.reason]).toEqual([403, "missing_scope"]);
    expect((await member.mutate("events.ingest", { events: [{ type: "a" }] })).status).toBe(401);
  });

  test("is counted by its events beside its calls", async () => {
    const small = await startTestServer({ env: { INGEST_EVENTS_RATE_LIMIT_MAX: "150" } });
    try {
      const { key } = await makeSender(small);
      const batch = Array.from({ length: 100 }, () => ({ type: "a" }));
      const first = await send(small, key, batch);
      expect(first.status).toBe(200);
      expect(first.headers.get("ratelimit")).toMatch(/^"ingest_events";r=50;/);
      const second = await send(small, key, batch);
      expect(second.status).toBe(429);
      expect(Number(second.headers.get("retry-after"))).toBeGreaterThan(0);
    } finally {
      await small.stop();
    }
  });
});
