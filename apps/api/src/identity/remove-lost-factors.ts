import type { Database } from "@muniment/db/database.ts";
import { users } from "@muniment/db/schema/users.ts";
import { eq } from "drizzle-orm";
import type { DataKeys } from "../audit/data-keys.ts";
import { writeAuditEntry } from "../audit/write.ts";
import type { Config } from "../config.ts";
import { createEncryption } from "../encryption.ts";
import { createJobs } from "../jobs.ts";
import { createLog } from "../log.ts";
import { createMailer } from "../mailer.ts";
import { createNotify } from "../notices/notify.ts";
import type { Secrets } from "../secrets.ts";
import { lockUser } from "./factor-changes.ts";
import { dropProofs, unknownPassword } from "./lost-factors.ts";
import { sendResetLink } from "./reset-link.ts";
import { enterScope } from "./scope.ts";
import { endSessions } from "./sessions.ts";

export type RemovedFactors = "removed" | "no such account" | "disabled" | "none";

/**
 * What `users.removeFactors` does, from the machine of the server: for the administrator whom no other
 * is there to help. The mails wait for the server, if it does not run.
 */
export async function removeLostFactors(
  {
    database,
    dataKeys,
    config,
    secrets,
  }: { database: Database; dataKeys: DataKeys; config: Config; secrets: Secrets },
  email: string,
  now: () => Date,
): Promise<RemovedFactors> {
  const jobs = createJobs(database, createEncryption(secrets.encryption), now, createLog("silent"));
  const mailer = createMailer(jobs, config);
  const passwordHash = await unknownPassword(config);
  return database.transaction({}, async (tx) => {
    const [found] = await tx.select({ id: users.id }).from(users).where(eq(users.email, email));
    if (!found) return "no such account";
    const user = await lockUser(tx, found.id);
    if (!user) return "disabled";
    if (!user.secondFactorAt) return "none";
    const { id } = user;
    enterScope(tx, id);
    const removed = await dropProofs(tx, id, passwordHash);
    const sessionsRevoked = await endSessions(tx, id);
    await createNotify(mailer, config.publicUrl, now)(tx, email, { kind: "factors_removed" });
    await sendResetLink({ mailer, config, now }, tx, { id, email }, "administrator");
    await writeAuditEntry(tx, dataKeys, {
      at: now(),
      principal: { kind: "anonymous" },
      action: "user.factors_removed",
      outcome: "success",
      target: { kind: "user", id, label: email },
      details: { ...removed, sessionsRevoked },
    });
    return "removed";
  });
}
