import type { Database } from "@muniment/db/database.ts";
import { messageKinds } from "@muniment/db/message-connection.ts";
import type { SQL } from "drizzle-orm";
import { PgDialect } from "drizzle-orm/pg-core";
import { afterEach, expect, test, vi } from "vitest";
import { readChunks } from "./read-chunks.ts";
import type { ExportRow } from "./read-exports.ts";
import { runExport } from "./run-export.ts";

afterEach(() => vi.restoreAllMocks());

const dialect = new PgDialect();
const columns = 11;

/** A row of an event that does not pass: its place, and nulls. */
const row = Buffer.alloc(1 + 4 + 2 + 20 + 12 + (columns - 2) * 4, 0xff);
row[0] = messageKinds.dataRow;
row.writeInt32BE(row.length - 1, 1);
row.writeInt16BE(columns, 5);
row.writeInt32BE(16, 7);
row.writeInt32BE(8, 27);
row.fill(0, 31, 39);

/** How many events each of the first statements looks at, where each takes so many milliseconds. */
async function looksOf(milliseconds: (look: number) => number, most: number) {
  const looks: number[] = [];
  let now = 0;
  vi.spyOn(performance, "now").mockImplementation(() => now);
  const rows = async (_: unknown, statement: SQL) => {
    const look = Number(dialect.sqlToQuery(statement).params.at(-1));
    looks.push(look);
    now += milliseconds(look);
    const count = looks.length < most ? look : 0;
    return { messages: Buffer.concat(Array(count).fill(row)), isWhole: true };
  };
  const database = { rows } as unknown as Database;
  const asked = { userId: "", format: "ndjson", condition: undefined, from: 0, to: 1 } as const;
  for await (const _ of readChunks(database, asked)) {
    // Only what is asked matters here.
  }
  return looks;
}

test("statements look at as many events as take a quarter of a second", async () => {
  const looks = await looksOf((look) => look * 0.1, 10);
  expect(looks[0]).toBe(1000);
  expect(looks.slice(1)).toEqual(looks.slice(1).fill(2500));
});

test("an export does not come to a halt where the way to the database alone takes longer than that", async () => {
  const looks = await looksOf(() => 300, 100);
  expect(Math.min(...looks)).toBeGreaterThanOrEqual(100);
});

test("a statement that lasts too long is made again with fewer events, until that is no help", async () => {
  const late = Object.assign(new Error("canceling statement due to statement timeout"), {
    code: "57014",
  });
  const failing = (most: number) => (look: number) => {
    if (look > most) throw late;
    return 250;
  };
  const looks = await looksOf(failing(300), 6);
  expect(looks.slice(0, 3)).toEqual([1000, 125, 125]);
  await expect(looksOf(failing(99), 6)).rejects.toBe(late);
});

test("an export ends when its reader has gone, also where no event passes", async () => {
  let reads = 0;
  const rows = async () => {
    reads += 1;
    if (reads > 20) throw new Error("read on for nobody");
    return { messages: Buffer.concat(Array(1000).fill(row)), isWhole: false };
  };
  const exporter = {
    database: { rows, transaction: async () => [{ id: "" }] },
    eventQueries: { ask: async () => ({ range: { from: 0, to: 1 } }), condition: () => undefined },
    now: () => new Date(0),
  } as unknown as Parameters<typeof runExport>[0];
  const asked = { format: "ndjson", query: "", from: null, to: new Date(1) } as ExportRow;
  const run = runExport(exporter, { userId: "", retentionDays: null }, asked, 0, async () => {
    throw new Error("gone");
  });
  await expect(run).rejects.toThrow("gone");
});
