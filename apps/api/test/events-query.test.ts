import { afterAll, beforeAll, expect, test } from "vitest";
import { makeEvent, makeSender, send } from "./events-sender.ts";
import { startTestServer, type TestServer } from "./harness.ts";

let server: TestServer;
let sender: Awaited<ReturnType<typeof makeSender>>;
beforeAll(async () => {
  server = await startTestServer({ env: { RATE_LIMIT_USER_MAX: "100000" } });
  sender = await makeSender(server);
  const hour = 3_600_000;
  await send(server, sender.key, [
    makeEvent({ type: "ssh.login.failed", level: "warn", message: "Invalid user root" }),
    makeEvent({ type: "ssh.login.ok", props: { port: 2200 } }, Date.now() - 2 * hour),
    makeEvent({ type: "http.request", level: "error" }, Date.now() - 50 * hour),
  ]);
});
afterAll(() => server.stop());

const typesOf = async (input: object) => {
  const { data } = await sender.member.query("events.search", input);
  return data.items.map(({ type }: { type: string }) => type);
};

test("a query narrows search, charts, facets and the extent beside the other filters", async () => {
  expect(await typesOf({ query: 'type:ssh.* "invalid user"' })).toEqual(["ssh.login.failed"]);
  expect(await typesOf({ query: "-props.port>1024 since:1h" })).toEqual(["ssh.login.failed"]);
  expect(await typesOf({ types: ["ssh.*"], query: "agent:agent until:1h" })).toEqual([
    "ssh.login.ok",
  ]);
  const { data } = await sender.member.query("events.facets", {
    query: "level>=warn since:24h",
    fields: ["type"],
  });
  expect(data.facets[0].values).toEqual([{ value: "ssh.login.failed", count: 1 }]);
  const chart = await sender.member.query("events.timeseries", {
    query: "level>=warn since:24h",
    from: new Date(Date.now() - 90_000_000 * 3).toISOString(),
    to: new Date(Date.now() + 60_000).toISOString(),
  });
  const counts = chart.data.buckets.map(({ count }: { count: number }) => count);
  expect(counts.reduce((a: number, b: number) => a + b, 0)).toBe(1);
});

test("what cannot be read is answered with the place and what was expected, within a second", async () => {
  const bad: [string, RegExp][] = [
    ["level>=loud", /^At character 8: expected a level: debug, info/],
    ["type:ssh.* (", /^At character 13: expected a term/],
    ['"open', /^At character 6: expected a closing "/],
    ["port>1024", /props\.port/],
    ["a ".repeat(65), /at most 64 terms/],
    ["(".repeat(500), /at most 8 levels/],
    ["(a+)+$", /^At character 5: expected a space before the next term/],
    ["agent:nobody", /There is no agent named nobody/],
  ];
  const started = performance.now();
  for (const procedure of ["events.search", "events.extent"]) {
    for (const [query, message] of bad) {
      const { status, error } = await sender.member.query(procedure, { query });
      expect([query, status, error?.data.reason]).toEqual([query, 400, "invalid_query"]);
      expect(error?.message).toMatch(message);
    }
  }
  expect(performance.now() - started).toBeLessThan(15_000);
});

test("ten thousand terms are told where they are too many, whichever way they come", async () => {
  const many = (term: (n: number) => string) => Array.from({ length: 10_000 }, (_, n) => term(n));
  const texts = [
    many((n) => `term${n}`).join(" "),
    many((n) => `type:t${n}`).join(" OR "),
    many(() => "-(level:info").join(" "),
  ];
  const inputs: [object, string][] = [
    ...texts.map((query): [object, string] => [
      { query },
      "query: At character 2049: expected at most 2048 characters.",
    ]),
    [{ types: many((n) => `type${n}`) }, "types: Too big: expected array to have <=32 items"],
    [
      {
        props: many((n) => `p${n}`)
          .map((path) => ({ path, op: "exists" }))
          .slice(0, 4000),
      },
      "props: Too big: expected array to have <=8 items",
    ],
  ];
  const get = async (path: string, headers: Record<string, string>) => {
    const response = await server.fetch(path, { headers });
    // biome-ignore lint/suspicious/noExplicitAny: answers of tRPC and of REST
    return { status: response.status, body: (await response.json()) as any };
  };
  for (const [input, message] of inputs) {
    const { status, error } = await sender.member.query("events.search", input);
    expect([status, error?.data.reason, error?.message]).toEqual([400, "invalid_input", message]);
    const both = encodeURIComponent(JSON.stringify({ 0: input, 1: { limit: 1 } }));
    const path = `/trpc/events.search,events.search?batch=1&input=${both}`;
    const [first, second] = (await get(path, { cookie: sender.member.cookie })).body;
    expect([first.error.message, second.error]).toEqual([message, undefined]);
  }
  for (const query of texts) {
    const path = `/api/v1/events?query=${encodeURIComponent(query)}`;
    const { status, body } = await get(path, { authorization: `Bearer ${sender.key}` });
    expect([status, body.error.message]).toEqual([
      ...[400, "query: At character 2049: expected at most 2048 characters."],
    ]);
  }
  const name = "too long";
  // Not beyond what a body may have.
  const query = "a ".repeat(10_000);
  const kept = await sender.member.mutate("savedViews.create", { name, query });
  expect([kept.status, kept.error?.message]).toEqual([
    400,
    expect.stringContaining("At character 2049: expected at most 2048 characters."),
  ]);
});

test.each([
  [{ query: "since:1h until:2h" }, "invalid_range"],
  [{ from: "2026-01-02T00:00:00Z", to: "2026-01-01T00:00:00Z" }, "invalid_range"],
  [{ limit: -1 }, "invalid_input"],
  [{ limit: 1e9 }, "invalid_input"],
  [{ limit: 1.5 }, "invalid_input"],
  [{ cursor: "x" }, "invalid_cursor"],
  [{ cursor: "a".repeat(513) }, "invalid_input"],
  [{ types: ["%"] }, "invalid_input"],
  [{ types: Array(33).fill("a") }, "invalid_input"],
  [{ levels: ["loud"] }, "invalid_input"],
  [{ text: "" }, "invalid_input"],
  [{ text: "\0" }, "invalid_input"],
  [{ subject: "a".repeat(257) }, "invalid_input"],
  [{ props: [{ op: "gt", path: "a", value: "1" }] }, "invalid_input"],
  [{ props: [{ op: "like", path: "a", value: "1" }] }, "invalid_input"],
  [{ props: [{ op: "eq", path: "", value: 1 }] }, "invalid_input"],
  [{ from: "yesterday" }, "invalid_input"],
  [{ from: "0000-01-01T00:00:00Z", agentId: "1 or 1=1" }, "invalid_input"],
  [{ unknown: 1 }, "invalid_input"],
])("refuses %j", async (input, reason) => {
  const { status, error } = await sender.member.query("events.search", input);
  expect([status, error?.data.reason]).toEqual([400, reason]);
});

test.each(["(a+)+$", "%_%_%", "\\", "*", ".*.*.*", "'; drop table events; --", "​", "😀"])(
  "takes the text %j as it stands",
  async (text) => {
    expect(await typesOf({ text })).toEqual([]);
    expect(await typesOf({ query: JSON.stringify(text) })).toEqual([]);
  },
);
