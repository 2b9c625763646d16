import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { call } from "../../cli/test/call.ts";
import { secretNames } from "../src/config.ts";
import { type ApiProcess, account, createApiProcess } from "./api-process.ts";
import { type Client, createClient } from "./client.ts";
import { createEmptyDatabase } from "./empty-database.ts";
import { makeEvent } from "./events-sender.ts";
import { must } from "./harness.ts";
import { migrationsFolder } from "./postgres.ts";

type Rings = Record<string, string>;
const newRings = (): Rings =>
  Object.fromEntries(secretNames.map((name) => [name, randomBytes(36).toString("base64url")]));
const [older, newer] = [newRings(), newRings()];
/** The rings with these elements in this order. */
const ringsOf = (...elements: Rings[]): Rings =>
  Object.fromEntries(
    secretNames.map((name) => [name, elements.map((element) => element[name]).join(",")]),
  );

let place: string;
let database: Awaited<ReturnType<typeof createEmptyDatabase>>;
let nodes: ApiProcess[];
let admin: Client;
let key: string;
/** Nodes that a load balancer would send calls to. */
let up: ApiProcess[];

const settings = (rings: Rings) => {
  const { username, password, port, host, database: name } = database.facts;
  return {
    DATABASE_URL: `postgres://${username}:${password}@localhost:${port}/${name}?host=${host}`,
    PUBLIC_URL: nodes[0]?.url ?? "",
    RATE_LIMIT_MAX_REQUESTS: "1000000",
    ...rings,
  };
};
/** The command beside them, which has a DATA_DIR of its own. */
const rotateKeys = (rings: Rings, ...argv: string[]) =>
  call(["rotate-keys", ...argv], {
    env: {
      ...settings(rings),
      DATA_DIR: nodes[0]?.dataDir ?? "",
      MUNIMENT_MIGRATIONS: migrationsFolder,
    },
  });

beforeAll(async () => {
  place = await mkdtemp(join(tmpdir(), "muniment-nodes-"));
  database = await createEmptyDatabase();
  const [one, other] = [await createApiProcess(), await createApiProcess()];
  nodes = [one, other];
  up = nodes;
  await one.start(settings(ringsOf(older)));
  ({ client: admin, key } = await one.setUp());
  await other.start(settings(ringsOf(older)));
});
afterAll(async () => {
  for (const node of nodes ?? []) await node.stop();
  await database?.[Symbol.asyncDispose]();
  await rm(place, { recursive: true, force: true });
});

const send = (url: string, by: string) =>
  fetch(`${url}/api/v1/events`, {
    method: "POST",
    headers: { authorization: `Bearer ${by}`, "content-type": "application/json" },
    body: JSON.stringify({ events: [makeEvent({})] }),
  }).then(async (answer) => {
    await answer.text();
    return answer.status;
  });

const errors = () => nodes.flatMap((node) => node.errors());

/** Calls of all kinds at whichever nodes are up: what one makes, another reads. */
function startCalls() {
  const failures: unknown[] = [];
  let done = 0;
  let isGoing = true;
  /** Calls under way, by node: a load balancer lets them end. */
  const pending = new Map<ApiProcess, Set<Promise<unknown>>>();
  const at = async <T>(turn: number, act: (url: string) => Promise<T>): Promise<T> => {
    const node = up[turn % up.length] as ApiProcess;
    const under = pending.get(node) ?? new Set();
    pending.set(node, under);
    const one = act(node.url);
    under.add(one);
    return one.finally(() => under.delete(one));
  };
  const asAdmin = (url: string) =>
    Object.assign(createClient(url, { origin: nodes[0]?.url ?? "" }), { cookie: admin.cookie });
  const expectOk = (what: string, status: number) => {
    done += 1;
    if (status !== 200) failures.push([what, status]);
  };
  async function round(turn: number) {
    expectOk("send", await at(turn, (url) => send(url, key)));
    expectOk("me", (await at(turn + 1, (url) => asAdmin(url).query("auth.me"))).status);
    const { agentId } = await at(turn, async (url) => {
      const listed = must(await asAdmin(url).query("agents.list"));
      return { agentId: listed.items[0].id };
    });
    const made = await at(turn, (url) =>
      asAdmin(url).mutate("apiKeys.create", { agentId, name: "new", scopes: ["events:write"] }),
    );
    expectOk("create", made.status);
    expectOk("send by a new key", await at(turn + 1, (url) => send(url, made.data.key)));
    const revoked = await at(turn, (url) =>
      asAdmin(url).mutate("apiKeys.revoke", { id: made.data.id }),
    );
    expectOk("revoke", revoked.status);
    const { email, password } = account;
    const issued = await at(turn, (url) =>
      createClient(url).mutate("tokens.issue", { email, password }),
    );
    expectOk("issue", issued.status);
    const { accessToken } = issued.data;
    const me = await at(turn + 1, (url) =>
      createClient(url, { authorization: `Bearer ${accessToken}` }).query("auth.me"),
    );
    expectOk("me by a token", me.status);
  }
  const going = (async () => {
    for (let turn = 0; isGoing; turn += 1) {
      await round(turn).catch((error: unknown) => failures.push(error));
    }
  })();
  return {
    /** Restarts one node after another, without those that are away being called; `act` comes after each. */
    async roll(rings: Rings, act = async () => {}) {
      for (const node of nodes) {
        up = nodes.filter((one) => one !== node);
        await Promise.allSettled([...(pending.get(node) ?? [])]);
        await node.end();
        await node.start(settings(rings));
        up = nodes;
        await act();
        const before = done;
        // Each is called with the other on either side of the restart.
        await expect.poll(() => failures.length > 0 || done >= before + 16).toBe(true);
      }
      expect([...failures, ...errors()]).toEqual([]);
    },
    /** So many reads at once that each node has to open connections for them. */
    async burst() {
      const reads = nodes.flatMap((node) =>
        Array.from({ length: 8 }, () => asAdmin(node.url).query("agents.list")),
      );
      for (const { status } of await Promise.all(reads)) expectOk("one of many", status);
    },
    async stop() {
      isGoing = false;
      await going;
      return { failures, done };
    },
  };
}

test("two nodes are rotated one after another, and no call fails", async () => {
  const calls = startCalls();
  try {
    await calls.roll(ringsOf(older, newer));
    // Nothing is made with the new elements yet, so nothing is encrypted anew.
    await calls.roll(ringsOf(newer, older));
    const again = await rotateKeys(ringsOf(newer, older), "--reencrypt", "--json");
    expect([again.exitCode, again.stderr]).toEqual([0, ""]);
    const only = ["--only", "ENCRYPTION_KEY", "--accept", "--json"];
    const retired = await rotateKeys(ringsOf(newer, older), "--retire", ...only);
    expect([retired.exitCode, retired.stderr]).toEqual([0, ""]);
    // The first to know no older element gives the roles of the database another password.
    const last = { ...ringsOf(newer, older), ENCRYPTION_KEY: newer.ENCRYPTION_KEY ?? "" };
    await calls.roll(last, calls.burst);
  } finally {
    const { failures, done } = await calls.stop();
    // All that they log has come by then.
    await Promise.all(nodes.map((node) => node.end()));
    expect([...failures, ...errors()]).toEqual([]);
    expect(done).toBeGreaterThan(100);
  }
  const [rows] = await database.owner`
    select count(*)::int as keys, count(distinct hmac_key)::int as elements from api_keys`;
  expect(rows?.keys).toBeGreaterThan(10);
  expect(rows?.elements).toBe(2);
});
