import type { Tx } from "@muniment/db/database.ts";
import { writeAuditEntry } from "../audit/write.ts";
import type { ErasureDeps } from "./erase-user.ts";

/** Destroys keys of people without an account by `destroy`, which answers their ids, enters that in the log, and answers how many. */
export async function destroyKeys(
  { database, dataKeys, now }: ErasureDeps,
  destroy: (tx: Tx) => Promise<string[]>,
): Promise<number> {
  const destroyed = await database.transaction({}, async (tx) => {
    const keys = await destroy(tx);
    if (keys.length === 0) return 0;
    await writeAuditEntry(tx, dataKeys, {
      at: now(),
      principal: { kind: "anonymous" },
      action: "data_keys.expired",
      outcome: "success",
      target: null,
      details: { keys },
    });
    return keys.length;
  });
  dataKeys.forget();
  return destroyed;
}
