import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Answer } from "@muniment/db/message-connection.ts";
import { exportColumns, readTrailer, writeTrailer } from "@muniment/shared/exports.ts";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { Client } from "./client.ts";
import { createClock } from "./clock.ts";
import { makeEvent, makeSender, searchAll, send } from "./events-sender.ts";
import { must, password, startTestServer, type TestServer } from "./harness.ts";
import { lockWaits } from "./lock-waits.ts";

let server: TestServer;
const clock = createClock();
beforeAll(async () => {
  const env = { RATE_LIMIT_USER_MAX: "100000", INGEST_EVENTS_RATE_LIMIT_MAX: "1000000" };
  server = await startTestServer({ env, now: clock.now });
});
afterAll(() => server.stop());

const fetchExport = (client: Client, id: string) =>
  server.fetch(`/api/v1/exports/${id}`, { headers: { cookie: client.cookie } });

/** What a person gets: the lines without the trailer, once that is found to be right. */
async function take(client: Client, input: object = {}) {
  const { id } = must(await client.mutate("exports.create", { format: "ndjson", ...input }));
  const response = await fetchExport(client, id);
  expect(response.status).toBe(200);
  const text = await response.text();
  const last = text.trimEnd().split("\n").at(-1) ?? "";
  const body = text.slice(0, text.length - last.length - 1);
  const trailer = readTrailer(last);
  expect(trailer?.sha256).toBe(createHash("sha256").update(body).digest("hex"));
  return { id, body, trailer, headers: response.headers };
}
const linesOf = (body: string) =>
  body
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line));

const nasty: Record<string, unknown>[] = [
  { message: "=1+1", subject: "+x", traceId: "@cmd" },
  { message: "-2", subject: "'=1" },
  { message: "\t=1", subject: "\r=1", traceId: "'quoted" },
  { message: 'He said "no", twice\nand left\r\n', props: { a: 'x"y,z\n' } },
  { message: "Zo\u00eb \u{1f600} \u2028 \u0001 \\u0000 \\", subject: "" },
  { props: { n: 0.1, e: 1e3, big: 9007199254740992, deep: { list: [null, true, { x: null }] } } },
  { props: {}, seq: 9007199254740991, level: "critical" },
  { props: { "": "empty", "a.b": 1, constructor: "c" }, seq: 0 },
];

/** Cells of CSV by the rules of RFC 4180. */
function parseCsv(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  for (const [, quoted, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\n]*))(,|\n)/g)) {
    row.push(quoted === undefined ? (plain ?? "") : quoted.replaceAll('""', '"'));
    if (end === ",") continue;
    rows.push(row);
    row = [];
  }
  return rows;
}

describe("an export", () => {
  test("as NDJSON holds exactly what is stored, and can be sent again as it is", async () => {
    const sender = await makeSender(server);
    const sent = nasty.map((fields, index) => makeEvent(fields, Date.now() - 10_000 + index));
    expect((await send(server, sender.key, sent)).body).toMatchObject({ accepted: sent.length });
    const { body, trailer, headers } = await take(sender.member);
    expect(trailer?.rows).toBe(sent.length);
    expect(headers.get("content-disposition")).toMatch(
      /^attachment; filename="events-[\w-]+\.ndjson"$/,
    );
    const found = await searchAll(sender.member);
    const whole = linesOf(body).map((line) => {
      const { message = null, subject = null, traceId = null, seq = null, props = {} } = line;
      return { ...line, message, subject, traceId, seq, props };
    });
    expect(whole).toEqual(found.toReversed());
    const again = await makeSender(server);
    const events = linesOf(body).map(({ agentId: _, receivedAt: __, ...event }) => event);
    expect((await send(server, again.key, events)).body).toMatchObject({ accepted: sent.length });
    const second = linesOf((await take(again.member)).body);
    const withoutPlace = (lines: Record<string, unknown>[]) =>
      lines.map(({ agentId: _, receivedAt: __, ...event }) => event);
    expect(withoutPlace(second)).toEqual(withoutPlace(linesOf(body)));
  });

  test("has each value as PostgreSQL itself writes it, whatever is in it", async () => {
    const sender = await makeSender(server);
    const last = new Date(Date.now() - 60_000);
    await server.owner`select ensure_event_partition(${last}::timestamptz - n * interval '10 days')
      from generate_series(0, 3) n`;
    await server.owner`
      insert into events (user_id, id, agent_id, api_key_id, batch_id, type, level, message, subject,
        trace_id, seq, props, occurred_at, received_at)
      select ${sender.userId}, gen_random_uuid(), ${sender.agentId}, ${sender.id}, gen_random_uuid(),
        'a.b_c:d-' || n, n % 5,
        case n % 4 when 0 then null when 1 then ''
          else repeat(chr(1 + n), n % 9) || chr(1 + n * 7) || '"' || chr(92) || 'x' end,
        case when n % 3 > 0 then repeat(chr(39), n % 3 - 1) || chr(1 + n % 64) || '1' end,
        case when n % 2 > 0 then chr(1 + n % 64) || chr(n * 97) end,
        case n % 4 when 1 then 9007199254740991 when 2 then 0 when 3 then n * 1000003::bigint end,
        case n % 3 when 1 then '{}'
          when 2 then jsonb_build_object(chr(n) || '"', n / 7.0, 'b', array[null, chr(n * 91)]) end,
        ${last}::timestamptz - n * interval '8637.123 seconds',
        ${last}::timestamptz + n * interval '1 day'
      from generate_series(1, 290) n`;
    const time = (column: string) =>
      `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
    const level = "(array['debug', 'info', 'warn', 'error', 'critical'])[level + 1]";
    const member = (name: string, json: string) => `coalesce(',"${name}":' || ${json}, '')`;
    const cell = (
      text: string,
    ) => `coalesce('"' || replace(case when ${text} ~ '^''*[=+@\\t\\r\\n-]'
      then '''' || ${text} else ${text} end, '"', '""') || '"', '')`;
    const written = {
      ndjson: `'{"id":"' || id || '","agentId":"' || agent_id || '","type":"' || type
        || '","occurredAt":"' || ${time("occurred_at")} || '","receivedAt":"' || ${time("received_at")}
        || '","level":"' || ${level} || '"' || ${member("message", "to_json(message)::text")}
        || ${member("subject", "to_json(subject)::text")}
        || ${member("traceId", "to_json(trace_id)::text")}
        || ${member("seq", "seq::text")} || ${member("props", "props::text")} || '}'`,
      csv: `concat_ws(',', id, agent_id, type, ${time("occurred_at")}, ${time("received_at")}, ${level},
        ${cell("message")}, ${cell("subject")}, ${cell("trace_id")}, coalesce(seq::text, ''),
        ${cell("props::text")})`,
    };
    for (const format of ["ndjson", "csv"] as const) {
      const [row] = await server.owner.unsafe(
        `select string_agg(${written[format]} || chr(10), '' order by occurred_at, id) as text
          from events where user_id = '${sender.userId}'`,
      );
      const { body, trailer } = await take(sender.member, { format });
      expect(trailer?.rows).toBe(290);
      expect(body).toBe((format === "csv" ? `${exportColumns.join()}\n` : "") + row?.text);
    }
  });

  test("is read in slices of bounded length also where small events are followed by the largest", async () => {
    const sender = await makeSender(server);
    const [small, large] = [5000, 700];
    // In the first hour of a month it is another's.
    await server.owner`select ensure_event_partition(now() - interval '1 hour')`;
    await server.owner`
      insert into events (user_id, id, agent_id, api_key_id, batch_id, type, level, message, props, occurred_at,
        received_at)
      select ${sender.userId}, gen_random_uuid(), ${sender.agentId}, ${sender.id}, gen_random_uuid(), 'a', 1,
        case when n > ${small} then repeat('m', 4096) end,
        case when n > ${small} then jsonb_build_object('p', repeat('p', 32700)) end,
        now() - interval '1 hour' + n * interval '1 millisecond', now()
      from generate_series(1, ${small + large}) n`;
    const read = vi.spyOn(server.deps.database, "rows");
    try {
      expect((await take(sender.member)).trailer?.rows).toBe(small + large);
      const slices = await Promise.all(read.mock.results.map(({ value }) => value));
      const longest = Math.max(...slices.map(({ messages }: Answer) => messages.length));
      expect(longest).toBeLessThan(9_000_000);
      // Once one was too long, the next are shorter.
      expect(slices.filter(({ isWhole }: Answer) => !isWhole).length).toBeLessThan(4);
    } finally {
      read.mockRestore();
    }
  });

  test("as CSV is safe in a spreadsheet, and can be undone", async () => {
    const sender = await makeSender(server);
    const sent = nasty.map((fields, index) => makeEvent(fields, Date.now() - 10_000 + index));
    await send(server, sender.key, sent);
    const { body, trailer } = await take(sender.member, { format: "csv" });
    const [head, ...rows] = parseCsv(body);
    expect(head).toEqual([...exportColumns]);
    expect(trailer?.rows).toBe(rows.length);
    expect(rows.flat().filter((cell) => /^[=+@\t\r\n-]/.test(cell))).toEqual([]);
    const undo = (cell = "") => (/^'+[=+@\t\r\n-]/.test(cell) ? cell.slice(1) : cell);
    for (const [index, row] of rows.entries()) {
      const event = nasty[index] as { message?: string; subject?: string; props?: object };
      const cells = Object.fromEntries(row.map((cell, at) => [exportColumns[at], undo(cell)]));
      expect(cells).toMatchObject({ message: event.message ?? "", subject: event.subject ?? "" });
      if (event.props) expect(JSON.parse(cells.props ?? "")).toEqual(event.props);
    }
  });

  test("holds what a search finds, of any query and range, each event once and in order", async () => {
    const sender = await makeSender(server);
    const agentId = must(await sender.member.query("agents.list")).items[0].id;
    const from = Date.now() - 3_600_000;
    // Many of the same millisecond, and more than one look of the database.
    await server.owner`
      insert into events (user_id, id, agent_id, api_key_id, batch_id, type, level, occurred_at, received_at)
      select ${sender.userId}, gen_random_uuid(), ${agentId}, ${sender.id}, gen_random_uuid(),
        case when n % 3 = 0 then 'ssh.login.failed' else 'web.get' end, n % 5,
        ${new Date(from)}::timestamptz + (n / 7) * interval '1 millisecond', now()
      from generate_series(1, 4321) n`;
    const { body, trailer } = await take(sender.member);
    const lines = linesOf(body);
    expect([trailer?.rows, new Set(lines.map(({ id }) => id)).size]).toEqual([4321, 4321]);
    const order = lines.map(({ occurredAt, id }) => `${occurredAt} ${id}`);
    expect(order).toEqual(order.toSorted());
    for (const query of ["type:ssh.*", "level>=error -type:web.*", "type:nothing", "agent:agent"]) {
      const found = await searchAll(sender.member, { query, limit: 100 });
      const { body: some } = await take(sender.member, { query });
      expect(linesOf(some).map(({ id }) => id)).toEqual(found.map(({ id }) => id).reverse());
    }
    const range = {
      from: new Date(from + 100).toISOString(),
      to: new Date(from + 200).toISOString(),
    };
    expect((await take(sender.member, range)).trailer?.rows).toBe(700);
  });

  const sample = fileURLToPath(
    new URL("../../../../shared/data/apache-error-2k.log", import.meta.url),
  );
  const synthetic = fileURLToPath(
    new URL("../../../packages/log-formats/samples/apache-sample.log", import.meta.url),
  );
  test("of a whole log gives back its lines, byte for byte", async () => {
    const text = readFileSync(existsSync(sample) ? sample : synthetic, "utf8");
    const lines = text.split("\n");
    const sender = await makeSender(server);
    const at = Date.UTC(2005, 11, 4);
    const events = lines.flatMap((message, n) => (message ? makeEvent({ message }, at + n) : []));
    for (let n = 0; n < events.length; n += 100) {
      await send(server, sender.key, events.slice(n, n + 100));
    }
    const { body } = await take(sender.member);
    const messages = linesOf(body).map(({ message }) => message);
    expect(messages).toEqual(lines.filter(Boolean));
  });
});

describe("an export is refused", () => {
  test("without a fresh password, and to an API key", async () => {
    const sender = await makeSender(server);
    const input = { format: "csv" };
    clock.advance(301);
    const old = await sender.member.mutate("exports.create", input);
    expect(old.error?.data.reason).toBe("reauthentication_required");
    must(await sender.member.mutate("auth.reauthenticate", { password }));
    expect((await sender.member.mutate("exports.create", input)).status).toBe(200);
    const withKey = server.anonymous({ authorization: `Bearer ${sender.key}` });
    expect((await withKey.mutate("exports.create", input)).status).toBe(401);
  });

  test("to everybody but who asked, a second time, too late, and where there is none", async () => {
    const member = await server.member();
    const create = async () => must(await member.mutate("exports.create", { format: "ndjson" })).id;
    const id = await create();
    const other = await server.member();
    expect((await fetchExport(other, id)).status).toBe(404);
    expect((await server.fetch(`/api/v1/exports/${id}`)).status).toBe(401);
    expect((await other.query("exports.get", { id })).status).toBe(404);
    expect((await other.mutate("exports.cancel", { id })).status).toBe(404);
    expect((await fetchExport(member, id)).status).toBe(200);
    expect((await fetchExport(member, id)).status).toBe(404);
    expect((await fetchExport(member, "nothing")).status).toBe(400);
    expect((await fetchExport(member, `${id}/..`)).status).toBe(400);
    const late = await create();
    clock.advance(301);
    expect((await fetchExport(member, late)).status).toBe(404);
    expect(must(await member.query("exports.get", { id: late })).status).toBe("failed");
  });

  test.each([
    [{ format: "xml" }, "invalid_input"],
    [{ format: "csv", query: "level>=loud" }, "invalid_query"],
    [{ format: "csv", query: "agent:nobody" }, "invalid_query"],
    [{ format: "csv", from: "2026-01-02T00:00:00Z", to: "2026-01-01T00:00:00Z" }, "invalid_range"],
  ])("for %j", async (input, reason) => {
    const member = await server.member();
    const { status, error } = await member.mutate("exports.create", input);
    expect([status, error?.data.reason]).toEqual([400, reason]);
  });
});

const rows = 8000;

async function makeLongEvents() {
  const sender = await makeSender(server);
  await server.owner`
    insert into events (user_id, id, agent_id, api_key_id, batch_id, type, level, message, occurred_at, received_at)
    select ${sender.userId}, gen_random_uuid(), ${sender.agentId}, ${sender.id}, gen_random_uuid(), 'x', 1,
      repeat('x', 4000), now() - n * interval '1 millisecond', now()
    from generate_series(1, ${rows}) n`;
  return sender;
}

/** An export of so many long events that it is far from its end when its first bytes are there. */
async function begin(given?: Awaited<ReturnType<typeof makeLongEvents>>) {
  const sender = given ?? (await makeLongEvents());
  const { id } = must(await sender.member.mutate("exports.create", { format: "ndjson" }));
  const response = await fetchExport(sender.member, id);
  const reader = response.body?.getReader();
  const first = (await reader?.read())?.value ?? new Uint8Array();
  const state = async () => must(await sender.member.query("exports.get", { id }));
  return { sender, id, reader, first, state };
}

describe("an export that is under way", () => {
  const rest = async (reader: ReadableStreamDefaultReader<Uint8Array> | undefined) => {
    let text = "";
    for (let part = await reader?.read(); part && !part.done; part = await reader?.read()) {
      text = Buffer.from(part.value).toString().slice(-200);
    }
    return text;
  };

  test("is cancelled: the download breaks off, and has no trailer", async () => {
    const { sender, id, reader, state } = await begin();
    expect((await state()).status).toBe("running");
    must(await sender.member.mutate("exports.cancel", { id }));
    await expect(rest(reader)).rejects.toThrow();
    expect((await state()).status).toBe("cancelled");
    const admin = await server.admin();
    const { items } = must(await admin.query("audit.search", { targetId: id }));
    expect(items.map(({ action }: { action: string }) => action)).toEqual([
      "events.export_cancelled",
      "events.exported",
    ]);
  });

  test("ends with the session that asked for it, and is failed when nobody takes it", async () => {
    const { sender, id, reader } = await begin();
    must(await sender.member.mutate("auth.signOut"));
    const status = async () =>
      (await server.owner`select status from event_exports where id = ${id}`)[0]?.status;
    // Not read before, or it could come to its end within the second that this may take.
    await expect.poll(status).toBe("failed");
    await expect(rest(reader)).rejects.toThrow();
    const left = await begin();
    await left.reader?.cancel();
    await expect.poll(async () => (await left.state()).status).toBe("failed");
  });
});

describe("an export that broke off", () => {
  const from = (client: Client, id: string, offset: unknown) =>
    server.fetch(`/api/v1/exports/${id}?offset=${offset}`, { headers: { cookie: client.cookie } });
  function expectWhole(bytes: Buffer) {
    const end = bytes.lastIndexOf("\n", -2) + 1;
    const sha256 = createHash("sha256").update(bytes.subarray(0, end)).digest("hex");
    expect(readTrailer(bytes.subarray(end, -1).toString())).toEqual({ rows, sha256 });
  }

  test("goes on where it was for who asked for it, until it is whole", async () => {
    const { sender, id, reader, first, state } = await begin();
    const { member } = sender;
    expect((await state()).canResume).toBe(false);
    await reader?.cancel();
    await expect.poll(state).toMatchObject({ status: "failed", canResume: true });
    expect((await from(member, id, "x")).status).toBe(400);
    expect((await from(await server.member(), id, 0)).status).toBe(404);
    expect((await fetchExport(member, id)).status).toBe(404);
    const rest = await from(member, id, first.length);
    expect(rest.status).toBe(200);
    expectWhole(Buffer.concat([first, Buffer.from(await rest.arrayBuffer())]));
    await expect.poll(state).toMatchObject({ status: "done", rows, error: null, canResume: false });
    expect((await from(member, id, 0)).status).toBe(404);
  });

  test("is nobody's any more after an hour, or when it was cancelled", async () => {
    const { sender, id, reader, state } = await begin();
    await reader?.cancel();
    await expect.poll(state).toMatchObject({ status: "failed" });
    clock.advance(3601);
    expect((await state()).canResume).toBe(false);
    expect((await from(sender.member, id, 0)).status).toBe(404);
    const other = await begin();
    await other.reader?.cancel();
    await expect.poll(other.state).toMatchObject({ status: "failed" });
    must(await other.sender.member.mutate("exports.cancel", { id: other.id }));
    expect((await from(other.sender.member, other.id, 0)).status).toBe(404);
    expect(await other.state()).toMatchObject({ status: "cancelled", canResume: false });
  });

  test("is not for a session whose password was given long before it was asked for", async () => {
    const sender = await makeLongEvents();
    const stale = await server.signIn(sender.member.email);
    clock.advance(301);
    must(await sender.member.mutate("auth.reauthenticate", { password }));
    const { id, reader, state } = await begin(sender);
    const refused = await from(stale, id, 0);
    expect(refused.status).toBe(403);
    expect(await refused.text()).toContain("reauthentication_required");
    expect(await state()).toMatchObject({ status: "running" });
    await reader?.cancel();
    await expect.poll(state).toMatchObject({ status: "failed" });
    expect((await from(stale, id, 0)).status).toBe(403);
    must(await stale.mutate("auth.reauthenticate", { password }));
    expectWhole(Buffer.from(await (await from(stale, id, 0)).arrayBuffer()));
  });

  test("cannot be taken up for longer than a day, however often that is tried", async () => {
    const { sender, id, reader, state } = await begin();
    await reader?.cancel();
    await expect.poll(state).toMatchObject({ canResume: true });
    await server.owner`
      update event_exports set created_at = created_at - interval '25 hours' where id = ${id}`;
    expect((await state()).canResume).toBe(false);
    expect((await from(sender.member, id, 0)).status).toBe(404);
  });

  test("holds the time that was asked of, however much later it is taken up", async () => {
    const { member, key } = await makeSender(server);
    const at = clock.now().getTime();
    await send(server, key, [makeEvent({}, at - 3_400_000), makeEvent({}, at - 1000)]);
    const { id, body, trailer } = await take(member, { query: "since:1h" });
    expect(trailer?.rows).toBe(2);
    await server.owner`update event_exports set status = 'failed' where id = ${id}`;
    clock.advance(250);
    const again = await (await from(member, id, 0)).text();
    expect(again.slice(0, body.length)).toBe(body);
    expect(readTrailer(again.slice(body.length).trimEnd())).toEqual(trailer);
  });

  /** An export that was sent as a whole and, as far as the server knows, broke off. */
  async function takeAndBreakOff(input: object, sender: Awaited<ReturnType<typeof makeSender>>) {
    const taken = await take(sender.member, input);
    const breakOff = () =>
      server.owner`update event_exports set status = 'failed' where id = ${taken.id}`;
    await breakOff();
    const state = async () => must(await sender.member.query("exports.get", { id: taken.id }));
    return { ...taken, breakOff, state };
  }

  test("is of the agents that were asked for, whatever they or others are called since", async () => {
    const sender = await makeSender(server);
    const { member, agentId } = sender;
    await send(server, sender.key, [makeEvent({ message: "theirs" })]);
    const query = "agent:agent";
    const { id, body, trailer } = await takeAndBreakOff({ query }, sender);
    expect(trailer?.rows).toBe(1);
    must(await member.mutate("agents.update", { id: agentId, name: "renamed" }));
    const first = await from(member, id, 0);
    expect([first.status, (await first.text()).slice(0, body.length)]).toEqual([200, body]);
    const other = await server.apiKey(member);
    await send(server, other.key, [makeEvent({ message: "of another of that name" })]);
    await server.owner`update event_exports set status = 'failed' where id = ${id}`;
    const again = await (await from(member, id, 0)).text();
    expect(again.slice(0, body.length)).toBe(body);
    expect(readTrailer(again.slice(body.length).trimEnd())).toEqual(trailer);
  });

  test("is refused from behind its end, and can still be taken up", async () => {
    const sender = await makeSender(server);
    await send(server, sender.key, [makeEvent({ message: "one" })]);
    const { id, body, trailer, breakOff, state } = await takeAndBreakOff({}, sender);
    const whole = body + writeTrailer("ndjson", trailer ?? { rows: 0, sha256: "" });
    const refused = await from(sender.member, id, whole.length + 1);
    expect(refused.status).toBe(400);
    expect(refused.headers.get("content-disposition")).toBeNull();
    expect(await refused.json()).toMatchObject({ error: { reason: "invalid_range" } });
    expect(await state()).toMatchObject({ status: "failed", canResume: true });
    expect(await (await from(sender.member, id, whole.length - 10)).text()).toBe(whole.slice(-10));
    await breakOff();
    const nothing = await from(sender.member, id, whole.length);
    expect([nothing.status, await nothing.text()]).toEqual([200, ""]);
    await expect.poll(state).toMatchObject({ status: "done" });
  });

  test("is theirs who fetch it last, whoever had it and goes away then", async () => {
    const { sender, id, reader, state } = await begin();
    const again = await from(sender.member, id, 0);
    await reader?.cancel();
    expectWhole(Buffer.from(await again.arrayBuffer()));
    await expect.poll(state).toMatchObject({ status: "done" });
  });
});

test("no more are under way than memory is meant for, however slowly they are taken", async () => {
  const sender = await makeLongEvents();
  const begun: Response[] = [];
  const beginOne = async () => {
    const { id } = must(await sender.member.mutate("exports.create", { format: "ndjson" }));
    const response = await fetchExport(sender.member, id);
    begun.push(response);
    return { id, status: response.status };
  };
  // Nothing is taken of them, and nothing noted for a minute.
  for (let turn = 0; turn < 3; turn += 1) {
    expect((await beginOne()).status).toBe(200);
    clock.advance(61);
  }
  const refused = await beginOne();
  expect(refused.status).toBe(503);
  const letGo = () => Promise.all(begun.splice(0).map((response) => response.body?.cancel()));
  await letGo();
  const again = async () => {
    begun.push(await fetchExport(sender.member, refused.id));
    return begun.at(-1)?.status;
  };
  await expect.poll(again, { interval: 200 }).toBe(200);
  await letGo();
});

test("of those that are fetched at once no more begin than may be under way", async () => {
  const sender = await makeLongEvents();
  const ids: string[] = [];
  for (let asked = 0; asked < 3; asked += 1) {
    ids.push(must(await sender.member.mutate("exports.create", { format: "ndjson" })).id);
  }
  const { fetched } = await server.owner.begin(async (sql) => {
    await sql`lock table event_exports in share mode`;
    const fetched = ids.map((id) => fetchExport(sender.member, id));
    await expect.poll(() => lockWaits(server)).toBeGreaterThanOrEqual(ids.length);
    return { fetched };
  });
  const answers = await Promise.all(fetched);
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 409]);
  await Promise.all(answers.map((response) => response.body?.cancel()));
});

test("an export ends with its session also while its reader takes nothing, and HEAD does not use it up", async () => {
  const sender = await makeSender(server);
  await server.owner`
    insert into events (user_id, id, agent_id, api_key_id, batch_id, type, level, message, occurred_at, received_at)
    select ${sender.userId}, gen_random_uuid(), ${sender.agentId}, ${sender.id}, gen_random_uuid(), 'x', 1,
      repeat('x', 4000), now() - n * interval '1 millisecond', now()
    from generate_series(1, ${rows}) n`;
  const { id } = must(await sender.member.mutate("exports.create", { format: "ndjson" }));
  const head = await server.fetch(`/api/v1/exports/${id}`, {
    method: "HEAD",
    headers: { cookie: sender.member.cookie },
  });
  expect(head.status).toBe(405);
  const response = await fetchExport(sender.member, id);
  const status = async () =>
    (await server.owner`select status from event_exports where id = ${id}`)[0]?.status;
  expect([response.status, await status()]).toEqual([200, "running"]);
  must(await sender.member.mutate("auth.signOut"));
  await expect.poll(status).toBe("failed");
  await expect(response.text()).rejects.toThrow();
});

test("who is deleted leaves no export", async () => {
  const gone = await server.user("member");
  must(await gone.mutate("exports.create", { format: "csv" }));
  const admin = await server.user("admin");
  must(await admin.mutate("users.delete", { id: gone.id }));
  expect(await server.owner`select id from event_exports where user_id = ${gone.id}`).toEqual([]);
});
