import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { ConnectionFacts } from "@muniment/db/connection.ts";
import { startEmbeddedPostgres } from "@muniment/db/embedded/start.ts";
import { createDatabase, migrate } from "@muniment/db/migrate.ts";
import type { TestProject } from "vitest/node";

export const templateName = "muniment_template";
export const migrationsFolder = fileURLToPath(
  new URL("../../../packages/db/migrations", import.meta.url),
);

declare module "vitest" {
  interface ProvidedContext {
    postgres: ConnectionFacts;
  }
}

/** One real PostgreSQL for all test files, with a migrated database to clone. */
export async function setup(project: TestProject) {
  const dataDir = await mkdtemp(join(tmpdir(), "muniment-test-"));
  const postgres = await startEmbeddedPostgres({
    dataDir,
    password: "only-for-this-test-run-0123456789",
    log: () => {},
    settings: { max_connections: "200" },
  });
  await createDatabase(postgres.connection, templateName);
  await migrate({ ...postgres.connection, database: templateName }, migrationsFolder);
  project.provide("postgres", postgres.connection);
  return async () => {
    await postgres.stop();
    await rm(dataDir, { recursive: true, force: true });
  };
}
