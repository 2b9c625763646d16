import { build } from "@muniment/db/prepared.ts";
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runIn, together } from "../src/transactions.ts";
import { isDatabaseUnavailable } from "../src/unavailable.ts";
import { openScratchDatabase } from "./scratch-database.ts";

let scratch: Awaited<ReturnType<typeof openScratchDatabase>>;
beforeAll(async () => {
  scratch = await openScratchDatabase();
  const { owner, connections } = scratch;
  await owner`create table things (user_id text, value integer)`;
  await owner`insert into things values (${userId}, 1)`;
  await owner`alter table things enable row level security`;
  await owner`create policy own on things using (user_id = current_user_id()::text)`;
  for (const { username } of Object.values(connections))
    await owner`grant select, insert on things to ${owner(username)}`;
});
afterAll(() => scratch.drop());

const userId = "01890000-0000-7000-8000-000000000001";
const scope = { userId };

const things = (value: unknown) =>
  sql`select value from things where ${value}::text = ${value}::text`;
const prepared = build
  .select({ value: sql`value` })
  .from(sql`things`)
  .where(sql`user_id = ${sql.placeholder("userId")}`)
  .prepare("things");

const ways: Record<string, () => Promise<unknown>> = {
  "a read": async () => await scratch.database.reads(scope).execute(things("x")),
  "a search": async () => await scratch.database.searches(scope).execute(things("x")),
  "a prepared read": () => scratch.database.run(prepared, scope, { userId }),
  "a transaction": () => scratch.database.transaction(scope, (tx) => tx.execute(things("x"))),
  "a prepared read in a transaction": () =>
    scratch.database.transaction(scope, (tx) => runIn(tx, prepared, { userId })),
  "statements together in a transaction": () =>
    scratch.database.transaction(scope, async (tx) => {
      const [rows] = await together(
        tx.execute(things("x")),
        tx.execute(sql`select ${1}::integer as one`),
        tx.execute(things("x")),
      );
      return rows;
    }),
  "a statement without Drizzle": () =>
    scratch.database.raw.begin("", async (tx) => {
      await tx`select set_config('muniment.user_id', ${userId}, true)`;
      return tx`select value from things where ${"x"} = 'x'`;
    }),
};

test.each(Object.entries(ways))(
  "%s gives the right answer or none, and goes on, after a column has got another type",
  async (_, call) => {
    await scratch.owner`alter table things alter value type integer using value::integer`;
    // Others have planned some of this before.
    await expect.poll(() => call().catch(String), { interval: 1 }).toEqual([{ value: 1 }]);
    expect(await call()).toEqual([{ value: 1 }]);
    await scratch.owner`alter table things alter value type text using value::text`;
    const answers = [];
    for (let time = 0; time < 3; time += 1)
      answers.push(
        await call().catch((error: unknown) => {
          if (isDatabaseUnavailable(error)) return "unavailable";
          throw error;
        }),
      );
    expect(["unavailable", [{ value: "1" }]]).toContainEqual(answers[0]);
    expect(answers.slice(1)).toEqual([[{ value: "1" }], [{ value: "1" }]]);
  },
);
