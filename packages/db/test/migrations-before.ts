import { randomBytes } from "node:crypto";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, inject } from "vitest";
import { migrationsFolder } from "../../../apps/api/test/postgres.ts";
import { connect } from "../src/connection.ts";
import { createDatabase, migrate } from "../src/migrate.ts";
import { roleNames } from "../src/role-names.ts";

/** The migrations as they were before the one of a name. */
async function migrationsBefore(name: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "migrations-"));
  await cp(migrationsFolder, folder, { recursive: true });
  const file = join(folder, "meta/_journal.json");
  const journal = JSON.parse(await readFile(file, "utf8")) as { entries: { tag: string }[] };
  const end = journal.entries.findIndex(({ tag }) => tag.endsWith(name));
  expect(end).toBeGreaterThan(0);
  journal.entries.splice(end);
  await writeFile(file, JSON.stringify(journal));
  return folder;
}

/** A database of one's own as it was before the migration of a name. */
export async function databaseBefore(migration: string) {
  const server = inject("postgres");
  const name = `test_${randomBytes(6).toString("hex")}`;
  const facts = { ...server, database: name };
  const roles = roleNames(name);
  const admin = connect(server, { max: 1, applicationName: "test" });
  await createDatabase(server, name);
  const owner = connect(facts, { max: 1, applicationName: "test-owner" });
  const drop = async () => {
    await owner.end({ timeout: 2 });
    await admin`drop database ${admin(name)} with (force)`;
    for (const role of Object.values(roles)) await admin`drop role if exists ${admin(role)}`;
    await admin.end({ timeout: 2 });
  };
  const before = await migrationsBefore(migration);
  try {
    await migrate(facts, before);
  } catch (error) {
    await drop();
    throw error;
  } finally {
    await rm(before, { recursive: true });
  }
  const migrateRest = () => migrate(facts, migrationsFolder);
  return { facts, roles, owner, migrateRest, [Symbol.asyncDispose]: drop };
}
