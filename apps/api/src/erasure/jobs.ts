import { cleanUpQueue, deleteUserEventsQueue } from "../job-queues.ts";
import { eraseDue } from "./apply-ledger.ts";
import { cleanUp, cleanUpAfter } from "./clean-up.ts";
import { confirmRemovedFiles } from "./confirm-files.ts";
import { destroyKeys } from "./destroy-keys.ts";
import type { ErasureDeps } from "./erase-user.ts";

/** How long the audit log can be read about people who have no account. */
const strangersDays = 180;

/** Destroys the keys of people without an account whose time is over. */
async function expireKeys(deps: ErasureDeps): Promise<void> {
  const before = new Date(deps.now().getTime() - strangersDays * 86_400_000);
  // Some at a time, so that none of the entries about it grows large.
  while ((await destroyKeys(deps, (tx) => deps.dataKeys.expire(tx, before))) > 0);
}

/** What erasures need done outside requests. */
export function defineErasureJobs(deps: ErasureDeps): void {
  const { jobs } = deps;
  jobs.every("erase-due", 60, () => eraseDue(deps));
  jobs.every("confirm-removed-files", 60, () => confirmRemovedFiles(deps));
  jobs.every("expire-data-keys", 3600, () => expireKeys(deps));
  // However long a disk is full or a transaction lasts: nobody stays for that.
  jobs.every("resume-erasures", 600, () => jobs.resume([deleteUserEventsQueue, cleanUpQueue]));
  // Not among the short ones, which a locked table must not keep waiting.
  jobs.define(cleanUpQueue, (payload) => cleanUpAfter(deps, cleanUp.parse(payload)), "transfers");
}
