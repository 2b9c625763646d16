import type { Database } from "@muniment/db/database.ts";
import type { Declaration } from "@muniment/db/processing/declare.ts";
import { declarations } from "@muniment/db/processing/record.ts";
import { auditLog, auditLookup } from "@muniment/db/schema/audit.ts";
import {
  and,
  count,
  eq,
  getTableColumns,
  getTableName,
  getViewSelectedFields,
  or,
  type SQL,
  sql,
} from "drizzle-orm";
import { getTableConfig, type PgColumn } from "drizzle-orm/pg-core";
import type { DataKeys } from "../audit/data-keys.ts";
import { readable } from "../audit/sealed-personal.ts";
import { showed } from "../audit/showed.ts";

type Exported = Declaration & { owner: string };

/** The tables of which a user's rows belong into a copy of their own data. */
export const ownTables: readonly Exported[] = declarations.filter(
  (one): one is Exported => one.owner !== null && getTableName(one.table) !== "exports",
);

const columnsOf = ({ table }: Declaration): Record<string, PgColumn> => getTableColumns(table);

function ownerOf(declaration: Exported): PgColumn {
  const column = columnsOf(declaration)[declaration.owner];
  if (!column) throw new Error(`${getTableName(declaration.table)} has no ${declaration.owner}`);
  return column;
}

/** What of a table is exported, by the names of the columns in the database. */
export function exportedColumns({ table, columns }: Declaration): Record<string, PgColumn> {
  return Object.fromEntries(
    Object.entries(getTableColumns(table)).flatMap(([property, column]) =>
      typeof columns[property] === "string"
        ? [[(column as PgColumn).name, column as PgColumn]]
        : [],
    ),
  );
}

/** How many rows of a table are a user's. */
export async function countOwnRows(database: Database, declaration: Exported, userId: string) {
  const [row] = await database
    .background({ userId })
    .select({ rows: count() })
    .from(declaration.table)
    .where(eq(ownerOf(declaration), userId));
  return row?.rows ?? 0;
}

const jsonOf = (value: unknown): unknown => {
  if (value instanceof Uint8Array) return Buffer.from(value).toString("base64");
  return typeof value === "bigint" ? value.toString() : value;
};

/** The columns of a table's key in its order, by whose index the next page is found; none where there is no key. */
function keyOf(table: Declaration["table"]): PgColumn[] {
  const { columns, primaryKeys } = getTableConfig(table);
  // The columns that a key names are not those of the table, and know no type.
  const named = primaryKeys[0]?.columns.map(({ name }) => name) ?? [];
  return [
    ...columns.filter(({ primary }) => primary),
    ...named.flatMap((name) => columns.filter((column) => column.name === name)),
  ];
}

const listOf = (parts: SQL[]) => sql.join(parts, sql`, `);
const placeName = (at: number) => `__place${at}`;

/** How pages of a table follow one another: by its key, or else by place on the disk. */
function pagesOf(table: Declaration["table"]) {
  const key = keyOf(table);
  if (key.length === 0) {
    return {
      by: sql`tableoid, ctid`,
      places: { [placeName(0)]: sql`tableoid::text`, [placeName(1)]: sql`ctid::text` },
      after: (last: Record<string, unknown>) =>
        sql`(tableoid, ctid) > (${last[placeName(0)]}::text::oid, ${last[placeName(1)]}::text::tid)`,
    };
  }
  const by = listOf(key.map((column) => sql`${column}`));
  return {
    by,
    places: Object.fromEntries(key.map((column, at) => [placeName(at), column])),
    after: (last: Record<string, unknown>) => {
      const values = key.map((column, at) => sql`${sql.param(last[placeName(at)], column)}`);
      return sql`(${by}) > (${listOf(values)})`;
    },
  };
}

/** A user's rows of a table, a page at once, without what is withheld. A copy is of no one moment. */
export async function* readOwnRows(
  database: Database,
  declaration: Exported,
  userId: string,
  rowsAtOnce: number,
): AsyncGenerator<Record<string, unknown>[]> {
  const { table } = declaration;
  const exported = exportedColumns(declaration);
  const { by, places, after: follows } = pagesOf(table);
  let after: SQL | undefined;
  for (;;) {
    const rows: Record<string, unknown>[] = await database
      .searches({ userId })
      .select({ ...exported, ...places })
      .from(table)
      .where(and(eq(ownerOf(declaration), userId), after))
      .orderBy(by)
      .limit(rowsAtOnce);
    const last = rows.at(-1);
    if (!last) return;
    yield rows.map((row) =>
      Object.fromEntries(Object.keys(exported).map((name) => [name, jsonOf(row[name])])),
    );
    if (rows.length < rowsAtOnce) return;
    after = follows(last);
  }
}

/** Of the people whom an entry names together, one. */
function ofOne(details: Record<string, unknown>, userId: string): Record<string, unknown> {
  const { subjects } = details;
  if (!Array.isArray(subjects)) return details;
  return { ...details, subjects: subjects.filter((id) => id === userId) };
}

/**
 * What the audit log tells of a user: who acted or was acted on, with the personal data of that user
 * and of nobody else.
 */
export async function* readOwnEntries(
  database: Database,
  keys: DataKeys,
  userId: string,
  rowsAtOnce: number,
): AsyncGenerator<Record<string, unknown>[]> {
  const own = await keys.idOf(userId);
  let after: SQL | undefined;
  for (;;) {
    const reader = database.background({});
    const { at, id, actorId, targetId } = auditLookup;
    const found = reader.$with("found").as(
      reader
        .select({ id, at })
        .from(auditLookup)
        .where(and(or(eq(actorId, userId), eq(targetId, userId), showed(userId)), after))
        .orderBy(at, id)
        .limit(rowsAtOnce),
    );
    const rows = await reader
      .with(found)
      .select({ id: found.id, at: found.at, entry: getViewSelectedFields(auditLog) })
      .from(found)
      .leftJoin(auditLog, eq(auditLog.id, found.id))
      .orderBy(found.at, found.id);
    // An entry that somebody deleted keeps its place.
    const entries = rows.flatMap(({ entry }) => entry ?? []);
    const mine = entries.map(({ personal, ...row }) => ({
      ...row,
      personal: Object.fromEntries(
        Object.entries(personal).filter(([, stored]) => "key" in stored && stored.key === own),
      ),
    }));
    const opened = await keys.open(mine);
    if (entries.length > 0) {
      yield entries.map(
        ({ personal: _, actorCommitment: _a, targetCommitment: _t, actorId, ...row }, at) => ({
          ...row,
          // Another person's id would say who looked; the page of one's data tells that by name.
          actorId: actorId === userId ? actorId : null,
          details: ofOne(row.details, userId),
          actor: readable(opened[at]?.actor),
          target: readable(opened[at]?.target),
        }),
      );
    }
    const last = rows.at(-1);
    if (!last || rows.length < rowsAtOnce) return;
    after = sql`(${at}, ${id}) > (${last.at.toISOString()}::timestamptz, ${last.id}::uuid)`;
  }
}
