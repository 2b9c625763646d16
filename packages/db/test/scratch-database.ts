import { randomBytes } from "node:crypto";
import type postgres from "postgres";
import { inject } from "vitest";
import { templateName } from "../../../apps/api/test/postgres.ts";
import { type ConnectionFacts, connect } from "../src/connection.ts";
import { type Database, type DatabaseConnections, openDatabase } from "../src/database.ts";
import { roleNames } from "../src/role-names.ts";
import { prepareRoles } from "../src/roles.ts";

export type ScratchDatabase = {
  facts: ConnectionFacts;
  /** The database as its owner sees it, past row-level security. */
  owner: postgres.Sql;
  drop(): Promise<void>;
};

/** A migrated database of one's own, cloned from the template. */
export async function createScratchDatabase(): Promise<ScratchDatabase> {
  const server = inject("postgres");
  const name = `test_${randomBytes(6).toString("hex")}`;
  const admin = connect(server, { max: 1, applicationName: "test" });
  await admin`create database ${admin(name)} template ${admin(templateName)}`;
  const facts = { ...server, database: name };
  const owner = connect(facts, { max: 2, applicationName: "test-owner" });
  return {
    facts,
    owner,
    async drop() {
      await owner.end({ timeout: 2 });
      await admin`drop database ${admin(name)} with (force)`;
      for (const role of Object.values(roleNames(name)))
        await admin`drop role if exists ${admin(role)}`;
      await admin.end({ timeout: 2 });
    },
  };
}

/** The same with the application's own roles and pools, but without a server on it. */
export async function openScratchDatabase(): Promise<
  ScratchDatabase & { database: Database; connections: DatabaseConnections }
> {
  const scratch = await createScratchDatabase();
  const password = (role: string) => [`${role} in a test run`];
  const { connections } = await prepareRoles(scratch.facts, null, password);
  const database = openDatabase(connections);
  return {
    ...scratch,
    database,
    connections,
    async drop() {
      await database.close();
      await scratch.drop();
    },
  };
}
