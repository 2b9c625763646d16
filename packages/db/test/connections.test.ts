import { readFile } from "node:fs/promises";
import { createServer, type Socket } from "node:net";
import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { openDatabase } from "../src/database.ts";
import { build } from "../src/prepared.ts";

const one = build.select({ one: sql<number>`1` }).from(sql`(select) one`).prepare("one_of_many");
const message = { copies: [], statement: "select 1", values: [] };

test("two nodes fit the connections that PostgreSQL allows by default, as README says", async () => {
  // Takes connections and answers nothing, so that each stays lent.
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  const account = { database: "x", username: "x", password: "x" };
  const facts = { ...account, host: "127.0.0.1", port: address.port };
  const database = openDatabase({ app: facts, ingest: facts });
  const calls: Record<Exclude<keyof typeof database, "close">, () => Promise<unknown>> = {
    transaction: () => database.transaction({}, (tx) => tx.execute(sql`select 1`)),
    touch: () => database.touch({}, (tx) => tx.execute(sql`select 1`)),
    reads: async () => await database.reads({}).execute(sql`select 1`),
    background: async () => await database.background({}).execute(sql`select 1`),
    searches: async () => await database.searches({}).execute(sql`select 1`),
    searching: () =>
      database.searching({}, async (searches) => await searches.execute(sql`select 1`)),
    quickSearches: async () => await database.quickSearches({}).execute(sql`select 1`),
    tails: async () => await database.tails({}).execute(sql`select 1`),
    counts: async () => await database.counts({}).execute(sql`select 1`),
    rows: () => database.rows({}, sql`select 1`, 100),
    run: () => database.run(one, {}, {}),
    pages: () => database.pages(one, {}, {}),
    ingest: () => database.ingest`select 1`,
    bulk: () => database.bulk.send(message),
    raw: () => database.raw`select 1`,
    audit: () => database.audit`select 1`,
    health: () => database.health`select 1`,
  };
  const asked = Object.values(calls).flatMap((call) => Array.from({ length: 30 }, call));
  const settled = Promise.allSettled(asked);
  const readme = await readFile(new URL("../../../README.md", import.meta.url), "utf8");
  const most = Number(/A node takes up to (\d+) connections/.exec(readme)?.[1]);
  await expect.poll(() => sockets.size).toBe(most);
  // PostgreSQL keeps 3 of its 100 for administrators; one more is for what a node does at its start.
  expect(2 * most + 1).toBeLessThanOrEqual(97);
  // What goes on from here is refused, until nobody waits.
  const closed = new Promise((resolve) => server.close(resolve));
  for (const socket of sockets) socket.destroy();
  await Promise.all([closed, settled]);
  await database.close();
});
