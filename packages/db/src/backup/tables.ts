import type { Query } from "../statements.ts";
import { BackupProblem } from "./problem.ts";

export type Table = {
  /** With its schema. */
  name: string;
  columns: string[];
  /** The statement whose rows are carried. */
  select: string;
};

/** By the names of columns, what is carried instead of them. */
type Instead = Record<string, string>;

/**
 * A transaction id means something in its own cluster only, so none is carried: everything in a backup
 * was committed before all that will be. The order of commits, which receipts and the rules that look at
 * them have their places in, is carried by their positions, counted anew for each user.
 */
const instead: Record<string, Instead> = {
  "public.audit_entries": { xact: "'0'::xid8" },
  "public.audit_checkpoints": { settled: "'0'::xid8", cluster: "''" },
  "public.receipts": {
    commit_xid: "'0'::xid8",
    position: "row_number() over (partition by t.user_id order by t.commit_xid, t.position)",
  },
  "public.alert_rules": {
    seen_xid: "'0'::xid8",
    seen_position: `(select count(*) from public.receipts r where r.user_id = t.user_id
      and (r.commit_xid, r.position) <= (t.seen_xid, t.seen_position))`,
    earlier_xid: "case when t.earlier_xid is not null then '0'::xid8 end",
    earlier_position: `case when t.earlier_xid is not null then (
      select count(*) + 1 from public.receipts r where r.user_id = t.user_id
      and (r.commit_xid, r.position) < (t.earlier_xid, t.earlier_position)) end`,
    written_xid: "'0'::xid8",
  },
  // The index of events is made anew; its rows only say for whom.
  "public.event_index": {
    cluster: "''",
    commit_xid: "'0'::xid8",
    position: "0",
    accepted: "0",
    is_behind: "true",
  },
};

/** What is made again from the rest. */
const remade = new Set(["public.event_chunks"]);
/** Partitions of events are made by it. */
const first = "public.event_storage";

const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`;
export const quotedTable = (name: string) => name.split(".").map(quoted).join(".");

type Row = { name: string; columns: { name: string; type: string }[]; needs: string[] };

/** Each table behind those that its foreign keys name. */
function inOrder(rows: readonly Row[]): Row[] {
  const ordered: Row[] = [];
  const left = [...rows].sort((a, b) => Number(b.name === first) - Number(a.name === first));
  while (left.length > 0) {
    const at = left.findIndex(({ name, needs }) =>
      needs.every((one) => one === name || !left.some((other) => other.name === one)),
    );
    if (at === -1) throw new BackupProblem("the tables refer to one another in a circle");
    ordered.push(...left.splice(at, 1));
  }
  return ordered;
}

function toTable({ name, columns }: Row): Table {
  const rules = instead[name] ?? {};
  const values = columns.map((column) => {
    const rule = rules[column.name];
    // A new column of this kind needs a rule of its own (backup.test.ts).
    if (rule === undefined && column.type === "xid8") {
      throw new BackupProblem(
        `${name}.${column.name} holds transaction ids, which mean nothing elsewhere`,
      );
    }
    return `${rule ?? `t.${quoted(column.name)}`} as ${quoted(column.name)}`;
  });
  return {
    name,
    columns: columns.map((column) => column.name),
    select: `select ${values.join(", ")} from ${quotedTable(name)} t${remade.has(name) ? " where false" : ""}`,
  };
}

/** Every table of a database, as its catalog tells, partitioned ones by their parent. */
export async function findTables(sql: Query): Promise<Table[]> {
  const rows = await sql`
    select n.nspname || '.' || c.relname as name,
      (select json_agg(json_build_object('name', a.attname, 'type', a.atttypid::regtype::text) order by a.attnum)
        from pg_attribute a
        where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = '') as columns,
      (select coalesce(json_agg(fn.nspname || '.' || f.relname), '[]')
        from pg_constraint k join pg_class f on f.oid = k.confrelid join pg_namespace fn on fn.oid = f.relnamespace
        where k.conrelid = c.oid and k.contype = 'f') as needs
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p') and not c.relispartition and n.nspname in ('public', 'drizzle')
    order by 1`;
  return inOrder(rows as unknown as Row[]).map(toTable);
}
