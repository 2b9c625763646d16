import { createReadStream } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { connect } from "../../packages/db/src/connection.ts";
import { startEmbeddedPostgres } from "../../packages/db/src/embedded/start.ts";
import { createDatabase, migrate } from "../../packages/db/src/migrate.ts";
import { prepareRoles } from "../../packages/db/src/roles.ts";

/** Of the tables as they are now. */
export const migrations = fileURLToPath(new URL("../../packages/db/migrations", import.meta.url));

/** Who has eight tenths of all events. */
export const heavyUser = "00000000-0000-7000-8000-000000000001";

/** The embedded PostgreSQL, with its durable defaults but for `settings`, kept in a folder between runs. */
export async function openScratch(
  dataDir: string,
  databaseName: string,
  settings: Record<string, string> = {},
) {
  const postgres = await startEmbeddedPostgres({
    dataDir,
    password: "only-for-this-bench-0123456789",
    log: () => {},
    settings,
  });
  await createDatabase(postgres.connection, databaseName);
  const facts = { ...postgres.connection, database: databaseName };
  await migrate(facts, migrations);
  const { connections } = await prepareRoles(facts, null, (role) => [`${role} in a bench`]);
  const owner = connect(facts, { max: 2, applicationName: "bench-owner" });
  return {
    facts,
    owner,
    connections,
    async stop() {
      await owner.end({ timeout: 2 });
      await postgres.stop();
    },
  };
}

/** Reads every file of a folder once, so that the system has in memory what there is room for. */
export async function readOnce(folder: string): Promise<void> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  for (const entry of entries.filter((one) => one.isFile())) {
    const path = join(entry.parentPath, entry.name);
    for await (const _chunk of createReadStream(path, { highWaterMark: 1_048_576 }));
  }
}
