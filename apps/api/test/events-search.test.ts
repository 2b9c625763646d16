import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Client } from "./client.ts";
import { type SampleEvent, sendSample } from "./events-sample.ts";
import { makeEvent, makeSender, searchAll } from "./events-sender.ts";
import { startTestServer, type TestServer } from "./harness.ts";

let server: TestServer;
let sample: Awaited<ReturnType<typeof sendSample>>;
beforeAll(async () => {
  server = await startTestServer({ env: { RATE_LIMIT_USER_MAX: "100000" } });
  sample = await sendSample(server);
});
afterAll(() => server.stop());

describe("events.search", () => {
  test.each([1, 7, 100])("pages through everything in order, %i at a time", async (limit) => {
    const events = limit === 1 ? sample.sent.slice(0, 120) : sample.sent;
    const range = limit === 1 ? { from: events.at(-1)?.occurredAt } : {};
    expect(await sample.find({ limit, ...range })).toEqual(sample.idsOf(events));
  });

  test("fills every page, however far apart the events are", async () => {
    const first = await sample.member.query("events.search", { subject: "user:4", limit: 50 });
    expect(first.data.items).toHaveLength(50);
    expect(first.data.nextCursor).not.toBeNull();
  });

  const questions: [string, object, (event: SampleEvent) => boolean][] = [
    ["a type", { types: ["ssh.login.ok"] }, (e) => e.type === "ssh.login.ok"],
    ["a prefix", { types: ["ssh.*"] }, (e) => e.type.startsWith("ssh.")],
    [
      "types and prefixes",
      { types: ["ssh.login.f*", "http.request"] },
      (e) => e.type !== "ssh.login.ok",
    ],
    ["levels", { levels: ["warn", "critical"] }, (e) => ["warn", "critical"].includes(e.level)],
    ["a subject", { subject: "user:4" }, (e) => e.subject === "user:4"],
    ["a trace", { traceId: "trace" }, (e) => e.traceId === "trace"],
    ["text in any case", { text: "äRGER" }, (e) => e.message.includes("Ärger")],
    ["text with % and _", { text: "100%_" }, (e) => e.message.includes("100%_")],
    ["text with a backslash", { text: "\\ 5" }, (e) => e.message.includes("\\ 5")],
    ["no wildcard", { text: "%" }, (e) => e.message.includes("%")],
    [
      "a property",
      { props: [{ op: "eq", path: "request.status", value: 500 }] },
      (e) => e.props.n % 5 === 0,
    ],
    [
      "an item of a list",
      { props: [{ op: "eq", path: "tags.1", value: 3 }] },
      (e) => e.props.n % 4 === 3,
    ],
    [
      "the values of properties by their names",
      { props: { "request.status": 500, "tags.1": 3 } },
      (e) => e.props.n % 5 === 0 && e.props.n % 4 === 3,
    ],
    [
      "a value of what no property is named",
      JSON.parse('{"props":{"request.status":500,"__proto__":1}}'),
      () => false,
    ],
    ["a property's presence", { props: [{ op: "exists", path: "request.status" }] }, () => true],
    [
      "a property that nobody has",
      { props: [{ op: "exists", path: "request.code" }] },
      () => false,
    ],
    [
      "a value of another kind",
      { props: [{ op: "eq", path: "request.status", value: "500" }] },
      () => false,
    ],
    [
      "all of it at once",
      {
        types: ["ssh.*"],
        levels: ["error"],
        text: "nothing",
        props: [{ op: "eq", path: "tags.0", value: "x" }],
      },
      (e) => e.type !== "http.request" && e.level === "error" && e.message.startsWith("Nothing"),
    ],
  ];
  test.each(questions)("finds by %s", async (_name, input, keep) => {
    const expected = sample.those(keep);
    expect(await sample.find({ ...input, limit: 100 })).toEqual(expected);
    const facets = await sample.member.query("events.facets", { ...input, fields: ["agentId"] });
    expect(facets.data.facets[0].values[0]?.count ?? 0).toBe(expected.length);
  });

  test("takes from inclusive and to exclusive, with any offset", async () => {
    const from = sample.sent[300]?.occurredAt ?? "";
    const to = sample.sent[200]?.occurredAt ?? "";
    const expected = sample.those((e) => e.occurredAt >= from && e.occurredAt < to);
    expect(await sample.find({ from, to })).toEqual(expected);
    const shifted = (time: string) =>
      new Date(Date.parse(time) + 2 * 3_600_000).toISOString().replace("Z", "+02:00");
    expect(await sample.find({ from: shifted(from), to: shifted(to) })).toEqual(expected);
    expect(await sample.find({ from, to: from })).toEqual([]);
    expect(
      await sample.find({ from: "0001-01-01T00:00:00+14:00", to: "9999-12-31T23:59:59-14:00" }),
    ).toHaveLength(600);
  });

  test("by an agent that is not one's own finds nothing", async () => {
    const stranger = await makeSender(server);
    expect(await sample.find({ agentId: stranger.agentId })).toEqual([]);
    expect(await sample.find({ agentId: sample.agentId })).toHaveLength(600);
  });

  const refused: [string, object, string][] = [
    [
      "a range that ends before it begins",
      { from: "2026-01-02T00:00:00Z", to: "2026-01-01T00:00:00Z" },
      "invalid_range",
    ],
    ["an invented cursor", { cursor: "W10.AAAAAAAAAAAAAAAA" }, "invalid_cursor"],
    ["a limit of 0", { limit: 0 }, "invalid_input"],
    ["a limit of 101", { limit: 101 }, "invalid_input"],
    ["an unknown field", { type: "a" }, "invalid_input"],
    ["U+0000 in a filter", { text: "\0" }, "invalid_input"],
    [
      "a lone surrogate in a filter",
      { props: [{ op: "eq", path: "a", value: "\ud800" }] },
      "invalid_input",
    ],
    ["no properties at all", { props: {} }, "invalid_input"],
    ["an object as a property's value", { props: { request: { status: 500 } } }, "invalid_input"],
    ["a property without a name", { props: { "": 1 } }, "invalid_input"],
    [
      "nine properties",
      { props: Object.fromEntries([..."abcdefghi"].map((p) => [p, 1])) },
      "invalid_input",
    ],
    ["a wildcard alone", { types: ["*"] }, "invalid_input"],
    ["a time without offset", { from: "2026-01-02T00:00:00" }, "invalid_input"],
  ];
  test.each(refused)("refuses %s", async (_name, input, reason) => {
    const answer = await sample.member.query("events.search", input);
    expect([answer.status, answer.error?.data.reason]).toEqual([400, reason]);
  });

  test("refuses a cursor of another question, of another user, or with one changed character", async () => {
    const question = { types: ["ssh.*"], limit: 5 };
    const { nextCursor: cursor } = (await sample.member.query("events.search", question)).data;
    const reasonOf = async (client: Client, input: object) =>
      (await client.query("events.search", input)).error?.data.reason;
    expect(await reasonOf(sample.member, { ...question, limit: 6, cursor })).toBeUndefined();
    expect(await reasonOf(sample.member, { types: ["http.*"], cursor })).toBe("invalid_cursor");
    expect(await reasonOf(sample.member, { ...question, text: "x", cursor })).toBe(
      "invalid_cursor",
    );
    const stranger = await server.member();
    expect(await reasonOf(stranger, { ...question, cursor })).toBe("invalid_cursor");
    for (const at of [0, 10, cursor.length - 3]) {
      const changed = cursor.slice(0, at) + (cursor[at] === "A" ? "B" : "A") + cursor.slice(at + 1);
      expect(await reasonOf(sample.member, { ...question, cursor: changed })).toBe(
        "invalid_cursor",
      );
    }
  });

  test("answers a key with its owner's events, and one without the scope with 403", async () => {
    const ask = (key: string, query: string) =>
      server.fetch(`/api/v1/events${query}`, { headers: { authorization: `Bearer ${key}` } });
    const response = await ask(sample.key, "?types=ssh.*&levels=warn,error&limit=100");
    const page = (await response.json()) as { items: { id: string }[] };
    const expected = sample.those(
      (e) => e.type.startsWith("ssh.") && ["warn", "error"].includes(e.level),
    );
    expect(sample.idsOf(page.items)).toEqual(expected.slice(0, 100));
    const writer = await makeSender(server, { scopes: ["events:write"] });
    expect((await ask(writer.key, "")).status).toBe(403);
  });

  test("shows another user nothing: not in a list, a chart, facets, nor by id", async () => {
    const stranger = await server.member();
    expect(await searchAll(stranger)).toEqual([]);
    const range = { from: "2026-01-01T00:00:00Z", to: "2026-02-01T00:00:00Z" };
    const chart = await stranger.query("events.timeseries", range);
    expect(chart.data.buckets.every(({ count }: { count: number }) => count === 0)).toBe(true);
    const facets = await stranger.query("events.facets", { fields: ["type"] });
    expect(facets.data.facets).toEqual([{ field: "type", values: [] }]);
    const foreign = await stranger.query("events.get", { id: sample.sent[0]?.id });
    const unknown = await stranger.query("events.get", { id: makeEvent().id });
    expect(foreign.status).toBe(404);
    expect({ ...foreign.error?.data, requestId: "" }).toEqual({
      ...unknown.error?.data,
      requestId: "",
    });
    expect(foreign.error?.message).toBe(unknown.error?.message);
  });
});
