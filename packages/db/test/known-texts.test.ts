import { randomUUID } from "node:crypto";
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openScratchDatabase } from "./scratch-database.ts";

let scratch: Awaited<ReturnType<typeof openScratchDatabase>>;
beforeAll(async () => {
  scratch = await openScratchDatabase();
});
afterAll(() => scratch.drop());

type Row = { prepared: number; mode: string };

test.each([
  ["searches", "force_custom_plan"],
  ["counts", "force_generic_plan"],
] as const)(
  "of %s only a text that is asked often stays prepared, and its plans are as they should be",
  async (kind, mode) => {
    const { database } = scratch;
    const marker = `asked_${kind}`;
    const ask = async (name: string) => {
      const found = await database[kind]({ userId: randomUUID() }).execute<Row>(sql`
      select count(*)::int as prepared, current_setting('plan_cache_mode') as mode
      from pg_prepared_statements ${sql.raw(name)} where ${marker}::text = ${marker}::text
        and statement like ${`%statements ${name} where%`}::text`);
      return found[0];
    };
    expect(await ask(marker)).toEqual({ prepared: 0, mode });
    expect(await ask(marker)).toEqual({ prepared: 0, mode });
    expect(await ask(`${marker}_once`)).toEqual({ prepared: 0, mode });
    await ask(marker);
    expect(await ask(marker)).toEqual({ prepared: 1, mode });
  },
);
