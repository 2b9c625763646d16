import { setTimeout as sleep } from "node:timers/promises";
import { build } from "@muniment/db/prepared.ts";
import { users } from "@muniment/db/schema/users.ts";
import { codesOf, isDatabaseUnavailable } from "@muniment/db/unavailable.ts";
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openScratchDatabase } from "./scratch-database.ts";

let scratch: Awaited<ReturnType<typeof openScratchDatabase>>;
beforeAll(async () => {
  scratch = await openScratchDatabase();
});
afterAll(() => scratch.drop());

const userId = "01890000-0000-7000-8000-000000000001";

const preparedScope = build
  .select({ scope: sql<string>`current_user_id()` })
  .from(sql`(select) one`)
  .prepare("prepared_scope");

async function endAllConnections(): Promise<number> {
  const ended = await scratch.owner`
    select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid() and application_name like 'muniment%'`;
  return ended.length;
}

test("connections that are ended while in use are replaced, and no statement runs without its scope", async () => {
  const { database } = scratch;
  const scopeOf = () =>
    database
      .reads({ userId })
      .select({ scope: sql<string>`current_user_id()` })
      .from(sql`(select) one`);
  const prepared = () => database.run(preparedScope, { userId }, {});
  const write = () =>
    database.transaction({ userId }, async (tx) => {
      await tx.execute(sql`select pg_sleep(0.001)`);
      return tx.select({ scope: sql<string>`current_user_id()` }).from(sql`(select) one`);
    });
  const insert = () => database.ingest.begin("", (ingest) => ingest`select 1 as scope`);
  const seen = new Set<string>();
  let lost = 0;
  let over = false;
  const loop = async (statement: () => Promise<unknown>) => {
    while (!over) {
      try {
        seen.add(JSON.stringify(await statement()));
      } catch (error) {
        // On a slow machine a list waits so long for one of three connections that it is told so.
        const isBusy = codesOf(error).includes("POOL_BUSY");
        if (!isBusy && !isDatabaseUnavailable(error)) throw error;
        lost += 1;
        await sleep(5);
      }
    }
  };
  const loops = [
    ...Array.from({ length: 40 }, () => loop(scopeOf)),
    ...Array.from({ length: 40 }, () => loop(prepared)),
    ...Array.from({ length: 20 }, () => loop(write)),
    ...Array.from({ length: 8 }, () => loop(insert)),
  ];
  // Each of them works before the first connections end.
  const works = [`[{"scope":"${userId}"}]`, '[{"scope":1}]'];
  await expect.poll(() => [...seen].sort()).toEqual(works.sort());
  for (let round = 0; round < 20; round += 1) {
    await sleep(60);
    await endAllConnections();
  }
  over = true;
  await Promise.all(loops);
  expect(lost).toBeGreaterThan(20);
  expect([...seen].sort()).toEqual(works.sort());

  await sleep(2500);
  const after = Array.from({ length: 100 }, () => [
    scopeOf(),
    prepared(),
    write(),
    insert(),
  ]).flat();
  expect(await Promise.all(after)).toHaveLength(400);
  const [open] = await scratch.owner`
    select count(*)::int from pg_stat_activity
    where datname = current_database() and application_name like 'muniment%'`;
  expect(open?.count).toBeLessThanOrEqual(44);
});

test("a lost database is told as such, and answers again when it is back", async () => {
  const { database } = scratch;
  await endAllConnections();
  const count = () => database.reads({}).select().from(users);
  for (let tries = 0; tries < 20; tries += 1) await count().catch(() => {});
  expect(await count()).toEqual([]);
});
