import type { CopyIn } from "@muniment/db/backup/copy-in.ts";
import {
  fillTable,
  finishTables,
  type Migration,
  makeTables,
  splitMigrations,
} from "@muniment/db/backup/fresh-database.ts";
import { BackupDamaged } from "@muniment/db/backup/problem.ts";
import type { Table } from "@muniment/db/backup/tables.ts";
import type postgres from "postgres";
import type { Step } from "./checked.ts";
import { type BackupHead, type Manifest, nameOf } from "./manifest.ts";

export type FileSink = (name: string, bytes: Buffer) => Promise<void>;

/**
 * Fills an empty database from a backup within the caller's transaction: makes the tables as they were
 * then, checks them, and brings them up to this version. Files are given to `file`.
 * @throws BackupProblem after which the transaction must be rolled back
 */
export async function restoreDatabase(
  sql: postgres.TransactionSql,
  steps: AsyncIterable<Step>,
  { migrationsFolder, file }: { migrationsFolder: string; file: FileSink },
): Promise<Manifest> {
  let head: BackupHead | undefined;
  let since: Migration[] = [];
  let tables = new Map<string, Table>();
  let copy: CopyIn | null = null;
  let parts: Buffer[] = [];
  for await (const step of steps) {
    if (step.kind === "head") {
      head = step.head;
      const migrations = splitMigrations(head, migrationsFolder);
      since = migrations.since;
      tables = await makeTables(sql, migrations.before);
    } else if (!head) {
      throw new BackupDamaged("its head is not in front");
    } else if (step.kind === "begin") {
      const { section } = step;
      parts = [];
      copy =
        "table" in section
          ? await fillTable(sql, head, tables.get(section.table), section.columns)
          : null;
    } else if (step.kind === "data") {
      if (copy) await copy.write(step.data);
      else parts.push(step.data);
    } else if (step.kind === "end") {
      if (copy) await copy.end();
      else await file(nameOf(step.section), Buffer.concat(parts));
    } else {
      await finishTables(sql, head, step.tail.sections, since);
      return { ...head, ...step.tail };
    }
  }
  throw new BackupDamaged("it ends too early");
}
