import type { Database } from "@muniment/db/database.ts";
import type { Declaration } from "@muniment/db/processing/declare.ts";
import { declarations } from "@muniment/db/processing/record.ts";
import { auditLog } from "@muniment/db/schema/audit.ts";
import { and, count, eq, getTableColumns, getTableName, or, type SQL, sql } from "drizzle-orm";
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
    .reads({ userId })
    .select({ rows: count() })
    .from(declaration.table)
    .where(eq(ownerOf(declaration), userId));
  return row?.rows ?? 0;
}

const jsonOf = (value: unknown): unknown => {
  if (value instanceof Uint8Array) return Buffer.from(value).toString("base64");
  return typeof value === "bigint" ? value.toString() : value;
};

/**
 * What orders the rows of a table and tells them apart, each with its type: the columns of its key, whose
 * index finds the next page; or, where it has none, the place on the disk.
 */
function orderOf(table: Declaration["table"]): { by: SQL; type: string }[] {
  const { columns, primaryKeys } = getTableConfig(table);
  // The columns that a key names are not those of the table, and know no type.
  const named = primaryKeys[0]?.columns.map(({ name }) => name) ?? [];
  const key = [
    ...columns.filter(({ primary }) => primary),
    ...named.flatMap((name) => columns.filter((column) => column.name === name)),
  ];
  if (key.length > 0) return key.map((one) => ({ by: sql`${one}`, type: one.getSQLType() }));
  return ["oid", "tid"].map((type, at) => ({ by: sql.raw(["tableoid", "ctid"][at] ?? ""), type }));
}

const listOf = (parts: SQL[]) => sql.join(parts, sql`, `);

/** A user's rows of a table, a page at once, without what is withheld. A copy is of no one moment. */
export async function* readOwnRows(
  database: Database,
  declaration: Exported,
  userId: string,
  rowsAtOnce: number,
): AsyncGenerator<Record<string, unknown>[]> {
  const { table } = declaration;
  const order = orderOf(table);
  const by = listOf(order.map((one) => one.by));
  const place = sql<string>`json_build_array(${listOf(order.map((one) => sql`${one.by}::text`))})::text`;
  let after: SQL | undefined;
  for (;;) {
    const rows = await database
      .searches({ userId })
      .select({ ...exportedColumns(declaration), __place: place })
      .from(table)
      .where(and(eq(ownerOf(declaration), userId), after))
      .orderBy(by)
      .limit(rowsAtOnce);
    if (rows.length === 0) return;
    yield rows.map(({ __place: _, ...row }) =>
      Object.fromEntries(Object.entries(row).map(([name, value]) => [name, jsonOf(value)])),
    );
    if (rows.length < rowsAtOnce) return;
    const last: string[] = JSON.parse(String(rows.at(-1)?.__place));
    const values = order.map(({ type }, at) => sql`${last[at]}::text::${sql.raw(type)}`);
    after = sql`(${by}) > (${listOf(values)})`;
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
    const rows = await database
      .reads({})
      .select()
      .from(auditLog)
      .where(
        and(or(eq(auditLog.actorId, userId), eq(auditLog.targetId, userId), showed(userId)), after),
      )
      .orderBy(auditLog.at, auditLog.id)
      .limit(rowsAtOnce);
    const mine = rows.map(({ id, personal }) => ({
      id,
      personal: Object.fromEntries(
        Object.entries(personal).filter(([, stored]) => "key" in stored && stored.key === own),
      ),
    }));
    const opened = await keys.open(mine);
    if (rows.length > 0) {
      yield rows.map(({ personal: _, actorId, ...row }, at) => ({
        ...row,
        // Another person's id would say who looked; the page of one's data tells that by name.
        actorId: actorId === userId ? actorId : null,
        details: ofOne(row.details, userId),
        actor: readable(opened[at]?.actor),
        target: readable(opened[at]?.target),
      }));
    }
    const last = rows.at(-1);
    if (!last || rows.length < rowsAtOnce) return;
    after = sql`(${auditLog.at}, ${auditLog.id}) > (${last.at.toISOString()}::timestamptz, ${last.id}::uuid)`;
  }
}
