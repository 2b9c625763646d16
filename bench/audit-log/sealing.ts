import { createDataKeys } from "../../apps/api/src/audit/data-keys.ts";
import { sealRows, toAuditRow } from "../../apps/api/src/audit/write.ts";
import { createEncryption } from "../../apps/api/src/encryption.ts";
import type { Database } from "../../packages/db/src/database.ts";
import { auditEntries } from "../../packages/db/src/schema/audit.ts";
import type { Part } from "../rows.ts";
import { newEntry, open, sealerOn, seeds, startDatabase } from "./database.ts";

const asked = 10_000;
const inTransaction = 500;
const rounds = 4;

/** Entries that wait for their place, as many as `asked`, some in each transaction. */
async function fill(database: Database) {
  const keys = createDataKeys(database.raw, createEncryption(seeds), seeds);
  for (let written = 0; written < asked; written += inTransaction) {
    const entries = Array.from({ length: inTransaction }, () => toAuditRow(newEntry()));
    const rows = await sealRows(keys, entries);
    await database.transaction({}, (tx) => tx.insert(auditEntries).values(rows));
  }
}

/** How fast entries get their place, their hashes and a signed checkpoint. */
export const sealing: Part = async () => {
  const bench = await startDatabase();
  const database = open(bench.connections);
  try {
    const sealer = sealerOn(database);
    let ours = 0;
    for (let round = 0; round < rounds; round += 1) {
      await fill(database);
      const started = performance.now();
      await sealer.seal();
      ours = Math.max(ours, (1000 * asked) / (performance.now() - started));
    }
    const [sealed] = await bench.owner`select max(size)::int as size from audit_checkpoints`;
    if (sealed?.size !== rounds * asked) throw new Error(`${sealed?.size} entries are sealed`);
    return {
      row: {
        name: `sealing ${asked.toLocaleString("en")} entries that wait: order, hashes, tree, checkpoints`,
        unit: "entries/s",
        ours,
        plain: asked,
        target: 100,
        note: "the figure asked for",
      },
    };
  } finally {
    await database.close();
    await bench.stop();
  }
};
