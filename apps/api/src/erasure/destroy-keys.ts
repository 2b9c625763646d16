import type { Tx } from "@muniment/db/database.ts";
import { writeAuditEntry } from "../audit/write.ts";
import type { ErasureDeps } from "./erase-user.ts";

/** Destroys keys of people without an account by `destroy`, which answers their ids, and enters that in the log. */
export async function destroyKeys(
  { database, dataKeys, now }: ErasureDeps,
  destroy: (tx: Tx) => Promise<string[]>,
): Promise<void> {
  await database.transaction({}, async (tx) => {
    const keys = await destroy(tx);
    if (keys.length === 0) return;
    await writeAuditEntry(tx, dataKeys, {
      at: now(),
      principal: { kind: "anonymous" },
      action: "data_keys.expired",
      outcome: "success",
      target: null,
      details: { keys },
    });
  });
  dataKeys.forget();
}
