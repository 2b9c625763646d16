import { createServer, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Deps } from "../src/deps.ts";
import { ingestDirectly } from "../src/features/events/ingest-directly.ts";
import { answerDirectly, type DirectCall } from "../src/http/direct-calls.ts";
import { ingestRoute } from "../src/http/ingest-route.ts";
import { chains, procedures } from "../src/http/procedures.ts";
import { restRoutes } from "../src/http/rest-route.ts";
import { makeEvent } from "./events-sender.ts";
import { must, startTestServer, type TestServer, type UserClient } from "./harness.ts";

type Way = {
  name: string;
  http: Server;
  /** A member of its own, and an address that is another for each case: nothing is counted for both ways. */
  member: UserClient;
  agentId: string;
  address: string;
  refusals: string[];
};
type Headers = Record<string, string>;
type Sending = { headers?: Headers; body?: string | Buffer };

const path = "/api/v1/events";
const fromFront = ["cross-origin-resource-policy", "cache-control", "x-request-id"];
const json = { "content-type": "application/json" };
let server: TestServer;
let ways: [Way, Way, Way];
/** Calls that were answered from the bytes of their connection. */
let direct = 0;
let addresses = 0;

/** `POST /api/v1/events` alone, by one way or another, noting whose refusals are recorded. */
async function listen(
  name: string,
  { ingest = procedures.get("events.ingest"), fromBytes = false } = {},
): Promise<Way> {
  const refusals: string[] = [];
  const { deps } = server;
  const noting: Deps = {
    ...deps,
    refusals: {
      ...deps.refusals,
      record(ctx, procedure, reason, email) {
        refusals.push(`${procedure} ${reason}`);
        deps.refusals.record(ctx, procedure, reason, email);
      },
    },
  };
  const [route] = restRoutes(noting, ingest);
  const http = createServer((incoming, response) => {
    const { address } = way;
    const exchange = {
      request: incoming,
      response,
      id: name,
      address,
      path,
      route: path,
      search: "",
    };
    void route?.answer({ ...exchange, headers: [] });
  });
  if (fromBytes) {
    const { answer } = ingestRoute(noting);
    const counted = (call: DirectCall) => {
      direct += 1;
      return answer({ ...call, id: name, address: way.address });
    };
    answerDirectly(http, noting, { path, answer: counted }, {});
  }
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  const member = await server.member();
  const { id: agentId } = must(await member.mutate("agents.create", { name: "agent" }));
  const way: Way = { name, http, member, agentId, address: "", refusals };
  return way;
}

beforeAll(async () => {
  server = await startTestServer({
    env: { INGEST_RATE_LIMIT_MAX: "3", INGEST_EVENTS_RATE_LIMIT_MAX: "110" },
  });
  ways = [
    await listen("way-1"),
    await listen("way-2", { ingest: chains.get("events.ingest") }),
    await listen("way-3", { fromBytes: true }),
  ];
});
afterAll(async () => {
  for (const { http } of ways) http.close();
  await server.stop();
});

function post({ http }: Way, { headers = {}, body = "" }: Sending) {
  const { port } = http.address() as AddressInfo;
  return new Promise<{ status: number | undefined; headers: object; body: string }>(
    (resolve, reject) => {
      // Over a connection of its own: one that has brought another kind of call stays with Node.js.
      const call = request({
        ...{ port, path, method: "POST", agent: false },
        headers: { ...json, ...headers, connection: "keep-alive" },
      });
      call.on("error", reject);
      call.on("response", async (response) => {
        const { date: _, "content-length": length, ...others } = response.headers;
        // These the front gives to every answer, and the direct route by itself.
        for (const name of fromFront) delete others[name];
        const text = Buffer.concat(await response.toArray()).toString("utf8");
        call.destroy();
        expect(Number(length)).toBe(Buffer.byteLength(text));
        resolve({ status: response.statusCode, headers: others, body: text });
      });
      call.end(body);
    },
  );
}

async function makeKey(
  { member, agentId }: Way,
  options: object,
): Promise<{ id: string; key: string }> {
  const input = { agentId, name: "key", scopes: ["events:write", "events:read"], ...options };
  return must(await member.mutate("apiKeys.create", input));
}

/** What differs between two equal calls: ids and times that the server makes. */
const comparable = (answer: object, way: Way) =>
  JSON.parse(
    JSON.stringify(answer)
      .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}/g, "<id>")
      .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "<time>")
      // Its user made keys, how many and when is not the call's.
      .replaceAll(/(general_user\\+");r=\d+/g, "$1;r=<many>")
      .replaceAll(/;t=\d+/g, ";t=<seconds>")
      .replaceAll(/in \d+ s/g, "in <seconds> s")
      .replaceAll(/"retry-after":"[1-9]\d*"/g, '"retry-after":"<seconds>"')
      .replaceAll(`\\"${way.name}\\"`, "<request>"),
  );

type Key = { key: string; id: string };
type Case = {
  options?: object;
  before?: (way: Way, key: Key) => Promise<unknown>;
  send: (bearer: Headers, way: Way) => Sending[];
  statuses: number[];
};

const events = (...list: unknown[]) => JSON.stringify({ events: list });
const one = events({ type: "a.b" });
const again = makeEvent({ message: "once" });
const withBody =
  (...bodies: (string | Buffer)[]) =>
  (headers: Headers) =>
    bodies.map((body) => ({ headers, body }));
const with_ =
  (...added: Headers[]) =>
  (bearer: Headers) =>
    added.map((headers) => ({ headers: { ...bearer, ...headers }, body: one }));

const cases: Record<string, Case> = {
  "a good event": { send: withBody(one), statuses: [200] },
  "good and bad events": {
    send: withBody(events({ type: "a" }, null, { type: "A" }, { type: "a", level: "?" }, [], 1)),
    statuses: [200],
  },
  "a duplicate and a conflict": {
    send: withBody(events(again), events(again, { type: "b" }, { ...again, message: "twice" })),
    statuses: [200, 200],
  },
  "types that the key may not send": {
    options: { eventTypes: ["ssh.*"] },
    send: withBody(events({ type: "a" }, { type: "ssh.x" })),
    statuses: [200],
  },
  "no credential": { send: () => [{ body: one }], statuses: [401] },
  "a wrong key": {
    send: () =>
      ["Bearer mnt_x", "Bearer", "Basic x"].map((authorization) => ({
        headers: { authorization },
        body: one,
      })),
    statuses: [401, 401, 401],
  },
  "a session": {
    send: (_bearer, { member }) => [
      { headers: { cookie: member.cookie }, body: one },
      {
        headers: { cookie: member.cookie, origin: server.deps.config.publicUrl.origin },
        body: one,
      },
      {
        headers: { cookie: `${member.cookie}x`, origin: server.deps.config.publicUrl.origin },
        body: one,
      },
    ],
    statuses: [403, 401, 401],
  },
  "two credentials": {
    send: (bearer, { member }) => [{ headers: { ...bearer, cookie: member.cookie }, body: one }],
    statuses: [400],
  },
  "a revoked key": {
    before: ({ member }, { id }) => member.mutate("apiKeys.revoke", { id }),
    send: withBody(one),
    statuses: [401],
  },
  "a key without the scope": {
    options: { scopes: ["events:read"] },
    send: withBody(one, "no JSON"),
    statuses: [403, 403],
  },
  "a key of other addresses": {
    options: { allowedCidrs: ["203.0.113.0/24"] },
    send: withBody(one),
    statuses: [403],
  },
  "a publishable key": {
    options: { scopes: ["events:write"], origins: ["https://page.example"] },
    send: with_({}, { origin: "https://other.example" }, { origin: "https://page.example" }),
    statuses: [403, 403, 200],
  },
  "no JSON": {
    send: withBody("", '{"events":[}', Buffer.from('{"events":["\xff"]}', "latin1")),
    statuses: [400, 400, 400],
  },
  "another input": { send: withBody("[]", "null", '"events"'), statuses: [400, 400, 400] },
  "other events": {
    send: withBody('{"events":{}}', '{"events":[]}', "{}"),
    statuses: [400, 400, 400],
  },
  "other keys": {
    send: withBody(
      '{"events":[{"type":"a"}],"more":1}',
      '{"events":[{"type":"a"}],"__proto__":1}',
      '{"events":[],"events":[{"type":"a"}]}',
    ),
    statuses: [400, 400, 400],
  },
  "too many events": {
    send: withBody(events(...Array.from({ length: 101 }, () => ({ type: "a" })))),
    statuses: [400],
  },
  "another type of content": {
    send: with_({ "content-type": "text/plain" }, { "content-encoding": "gzip" }),
    statuses: [415, 415],
  },
  "too large a body": {
    send: (headers) => [{ headers, body: `"${"x".repeat(10_485_760)}"` }],
    statuses: [413],
  },
  "more events than a minute's": {
    send: withBody(
      events(...Array.from({ length: 100 }, () => ({ type: "a" }))),
      ...[11, 10].map((length) => events(...Array.from({ length }, () => ({ type: "a" })))),
    ),
    statuses: [200, 429, 200],
  },
  "more calls than a minute's": {
    send: withBody(one, one, one, one),
    statuses: [200, 200, 200, 429],
  },
};

describe("the direct ways of events.ingest answer and record as its chain does", () => {
  test.each(Object.entries(cases))(
    "%s",
    async (_name, { options = {}, before, send, statuses }) => {
      const outcomes: object[] = [];
      for (const way of ways) {
        const key = await makeKey(way, options);
        await before?.(way, key);
        way.address = `192.0.2.${++addresses}`;
        way.refusals.length = 0;
        const answers = [];
        for (const sending of send({ authorization: `Bearer ${key.key}` }, way)) {
          answers.push(await post(way, sending));
        }
        expect(answers.map(({ status }) => status)).toEqual(statuses);
        outcomes.push({
          answers: answers.map((answer) => comparable(answer, way)),
          refusals: [...way.refusals],
        });
      }
      for (const outcome of outcomes.slice(1)) expect(outcome).toEqual(outcomes[0]);
    },
  );

  test("where whole calls are answered from their bytes, too", () => {
    expect(direct).toBeGreaterThan(20);
  });
});

test("the direct way knows every step of the chain, and takes no policy that says more", () => {
  const { definition, meta } = chains.get("events.ingest") ?? {};
  const { middlewares } = definition as { middlewares: { name: string; _type?: string }[] };
  expect(middlewares.map(({ _type, name }) => _type ?? name)).toEqual([
    "recordRefusals",
    "limitCalls",
    "refuseUnsafeCaller",
    "requireApiKey",
    "requirePermission",
    "input",
    "limitEvents",
    "giveExactJson",
    "output",
    "resolveMiddleware",
  ]);
  expect(() => ingestDirectly({ ...meta, recentAuthentication: true }, "mutation")).toThrow(
    "policy",
  );
  const { permission: _, ...less } = meta ?? {};
  expect(() => ingestDirectly(less, "mutation")).toThrow("policy");
});
