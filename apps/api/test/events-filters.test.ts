import type { Event, EventFilters } from "@muniment/shared/events.ts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { matches } from "../src/features/events/matches.ts";
import { toQuestion } from "../src/features/events/question.ts";
import { sendSample } from "./events-sample.ts";
import { makeEvent, searchAll, send } from "./events-sender.ts";
import { startTestServer, type TestServer } from "./harness.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ env: { RATE_LIMIT_USER_MAX: "100000" } });
});
afterAll(() => server.stop());

const idsOf = (events: { id?: string }[]) => events.map(({ id }) => id);

test("filters mean the same to search and to the tail", async () => {
  const { member, userId, key, agentId, sent } = await sendSample(server);
  const odd = [
    makeEvent({ message: "İSTANBUL ΣΑΣ ß Ǆ K Å", props: { "": { "": 1 }, list: [[1], [2, [3]]] } }),
    makeEvent({ message: "straße Ω 😀", props: { a: null, b: [null], "0": "x", c: { "-1": 1 } } }),
    makeEvent({ message: "", type: "ssh.", props: { n: -0.0, big: 1e21, small: 5e-324, t: true } }),
  ];
  await send(server, key, odd);
  const all: Event[] = await searchAll(member, { limit: 100 });
  expect(all).toHaveLength(sent.length + odd.length);
  const eq = (path: string, value: unknown) => ({ props: [{ op: "eq" as const, path, value }] });
  const exists = (path: string) => ({ props: [{ op: "exists" as const, path }] });
  const questions = [
    { agentId },
    { agentId: makeEvent().id },
    { types: ["ssh.*"] },
    { types: ["ssh.login.ok", "http*", "x"] },
    { types: ["ssh.login."] },
    { levels: ["debug", "critical"] },
    { subject: "user:2" },
    { traceId: "trace" },
    ...[
      "i",
      "İ",
      "ı",
      "istanbul",
      "σας",
      "ΣΑς",
      "SS",
      "ß",
      "ǆ",
      "ǅ",
      "k",
      "å",
      "Straße",
      "ω",
      "😀",
      "%",
      "\\",
      "_",
    ].map((text) => ({ text })),
    ...[
      "tags.0",
      "tags.-1",
      "tags.2",
      "tags.+1",
      "tags.01",
      "tags. 1",
      "tags.1 ",
      "tags.x",
      "request",
      "request.status.x",
    ].map(exists),
    ...["", "a", "a.b", "b.0", "0", "c.-1", "c.1", "list.1.1.0", "list.-1.-1.-1", "list.9", "."]
      .filter(Boolean)
      .map(exists),
    eq("a", null),
    eq("b.0", null),
    eq("b.1", null),
    eq("n", 0),
    eq("n", -0),
    eq("n", "0"),
    eq("n", false),
    eq("t", true),
    eq("big", 1e21),
    eq("small", 5e-324),
    eq("tags.1", 3),
    eq("tags.0", "x"),
    eq("request.status", 500),
    { types: ["ssh.*"], levels: ["warn"], text: "ärger", ...eq("tags.1", 0) },
    ...(["gt", "gte", "lt", "lte"] as const).flatMap((op) => [
      { props: [{ op, path: "n", value: 300 }] },
      { props: [{ op, path: "big", value: 1e21 }] },
      { props: [{ op, path: "small", value: 0 }] },
      { props: [{ op, path: "tags.0", value: -1 }] },
    ]),
    ...[
      "type:ssh.* level>=warn",
      "level<info OR level=critical",
      "-level:info -type:http.*",
      "type:http.request OR type:ssh.login.ok",
      "subject:user:*",
      "-subject:*",
      "-subject:user:2 -trace:trace",
      "trace:tr*",
      "subject:*",
      "props.n>=590 OR props.tags.1=2",
      "props.tags.0:x -props.request.status:200",
      "props.n:7 OR props.0:x",
      "-(type:ssh.* OR props.n<100)",
      "-ärger -nothing",
      `agent:${agentId} straße`,
      "agent:agent level:debug",
      "",
    ].map((query) => ({ query })),
  ];
  for (const question of questions) {
    const found = await searchAll(member, { ...question, limit: 100 });
    const asker = { userId, retentionDays: null };
    const { query } = await toQuestion(server.deps, asker, question as EventFilters);
    const passing = all.filter((event) => matches(query, event));
    expect([question, idsOf(found)]).toEqual([question, idsOf(passing)]);
  }
});
