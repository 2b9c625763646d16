/** A migrated PostgreSQL of one's own, with the application's roles, for the time of a run. */

import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createDataKeys } from "../../apps/api/src/audit/data-keys.ts";
import { createSealer } from "../../apps/api/src/audit/sealer.ts";
import { type NewAuditEntry, writeAuditEntry } from "../../apps/api/src/audit/write.ts";
import { createEncryption } from "../../apps/api/src/encryption.ts";
import { createLog } from "../../apps/api/src/log.ts";
import { type ConnectionFacts, connect } from "../../packages/db/src/connection.ts";
import {
  type Database,
  type DatabaseConnections,
  openDatabase,
} from "../../packages/db/src/database.ts";
import { startEmbeddedPostgres } from "../../packages/db/src/embedded/start.ts";
import { createDatabase, migrate } from "../../packages/db/src/migrate.ts";
import { prepareRoles } from "../../packages/db/src/roles.ts";

export const seeds = [Buffer.alloc(32, 6)];

export async function startDatabase() {
  const dataDir = await mkdtemp(join(tmpdir(), "muniment-audit-bench-"));
  const password = randomBytes(24).toString("base64url");
  const postgres = await startEmbeddedPostgres({
    dataDir,
    password,
    log: () => {},
    settings: { max_connections: "200" },
  });
  await createDatabase(postgres.connection, "bench");
  const facts: ConnectionFacts = { ...postgres.connection, database: "bench" };
  await migrate(facts, fileURLToPath(new URL("../../packages/db/migrations", import.meta.url)));
  const { connections } = await prepareRoles(facts, null, (role) => [`${role} in a bench run`]);
  const owner = connect(facts, { max: 2, applicationName: "bench" });
  return {
    connections,
    owner,
    async stop() {
      await owner.end({ timeout: 2 });
      await postgres.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

export const open = (connections: DatabaseConnections): Database => openDatabase(connections);

/** A sealer whose node keeps the checkpoint it saw in memory. */
export function sealerOn(database: Database) {
  let seen: string | null = null;
  return createSealer({
    database,
    seeds,
    origin: "bench.example.org/audit",
    seen: {
      read: async () => seen,
      write: async (note) => {
        seen = note;
      },
    },
    now: () => new Date(),
    log: createLog("warn"),
  });
}

/** An entry like those of changes that users make. */
export const newEntry = (): NewAuditEntry => ({
  at: new Date(),
  principal: { kind: "anonymous" },
  request: {
    id: "01a1feae-672b-77b6-a0e9-b21609b1ac4c",
    address: "192.0.2.7",
    userAgent: "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
  },
  action: "agent.updated",
  outcome: "success",
  target: { kind: "agent", id: "01a1feae-6759-77dc-8084-72a62b521a46", label: "an agent" },
  details: { fields: ["name"] },
});

/** So many entries by so many writers, each in a transaction of its own; told how many after every 1,000. */
export async function append(
  database: Database,
  writers: number,
  each: number,
  told: (done: number) => void = () => {},
): Promise<void> {
  const dataKeys = createDataKeys(database.raw, createEncryption(seeds), seeds);
  let done = 0;
  await Promise.all(
    Array.from({ length: writers }, async () => {
      for (let count = 0; count < each; count += 1) {
        await database.transaction({}, (tx) => writeAuditEntry(tx, dataKeys, newEntry()));
        done += 1;
        if (done % 1000 === 0) told(done);
      }
    }),
  );
}
