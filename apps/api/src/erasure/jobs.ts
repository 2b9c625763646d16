import { writeAuditEntry } from "../audit/write.ts";
import { cleanUpQueue } from "../job-queues.ts";
import { eraseDue } from "./apply-ledger.ts";
import { cleanUp, cleanUpAfter } from "./clean-up.ts";
import type { ErasureDeps } from "./erase-user.ts";

/** How long the audit log can be read about people who have no account. */
const strangersDays = 180;

/** Destroys the keys of people without an account whose time is over. */
async function expireKeys({ database, dataKeys, now }: ErasureDeps) {
  const before = new Date(now().getTime() - strangersDays * 86_400_000);
  await database.transaction({}, async (tx) => {
    const keys = await dataKeys.expire(tx, before);
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

/** What erasures need done outside requests. */
export function defineErasureJobs(deps: ErasureDeps): void {
  const { jobs, dataKeys } = deps;
  jobs.every("erase-due", 60, () => eraseDue(deps));
  jobs.every("expire-data-keys", 3600, () => expireKeys(deps));
  jobs.every("rewrap-data-keys", 600, async () => void (await dataKeys.rewrap()));
  // Not among the short ones, which a locked table must not keep waiting.
  jobs.define(cleanUpQueue, (payload) => cleanUpAfter(deps, cleanUp.parse(payload)), "transfers");
}
