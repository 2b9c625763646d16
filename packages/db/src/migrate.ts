import { drizzle } from "drizzle-orm/postgres-js";
import { migrate as runMigrations } from "drizzle-orm/postgres-js/migrator";
import { type ConnectionFacts, connect } from "./connection.ts";

/**
 * Applies the migrations in `folder` as the owner. An advisory lock lets only one of several
 * starting nodes do it; the others wait and find nothing left to do.
 */
export async function migrate(owner: ConnectionFacts, folder: string): Promise<void> {
  const client = connect(owner, { max: 1, applicationName: "muniment-migrate" });
  try {
    await client`select pg_advisory_lock(hashtext('muniment migrations'))`;
    await runMigrations(drizzle(client), { migrationsFolder: folder });
  } finally {
    await client.end({ timeout: 5 });
  }
}

/** Creates the database when it does not exist yet. `admin` connects to another database of the server. */
export async function createDatabase(admin: ConnectionFacts, name: string): Promise<void> {
  const client = connect(admin, { max: 1, applicationName: "muniment-create" });
  try {
    const known = await client`select 1 from pg_database where datname = ${name}`;
    if (known.length === 0) await client`create database ${client(name)}`;
  } finally {
    await client.end({ timeout: 5 });
  }
}
