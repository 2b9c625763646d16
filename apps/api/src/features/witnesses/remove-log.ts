import { witnessedLogs } from "@muniment/db/schema/witnesses.ts";
import { witnessedLogIdInput } from "@muniment/shared/witnesses.ts";
import { eq } from "drizzle-orm";
import { AppError } from "../../errors.ts";
import { audited } from "../../trpc/audited.ts";
import { signedIn } from "../../trpc/authenticated.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";
import { recentlyAuthenticated } from "../../trpc/recently-authenticated.ts";

/** Forgets a log, and with it what it must not contradict. */
export const removeLog = limited("general")
  .concat(signedIn)
  .concat(permission("witnesses:write"))
  .concat(recentlyAuthenticated)
  .input(witnessedLogIdInput)
  .concat(audited("witnessed_log.removed"))
  .output(witnessedLogIdInput)
  .mutation(async ({ ctx: { tx, audit }, input: { id } }) => {
    const [row] = await tx.delete(witnessedLogs).where(eq(witnessedLogs.id, id)).returning();
    if (!row) throw new AppError("not_found", "This installation is no witness of such a log.");
    const { origin, size } = row;
    await audit({ target: { kind: "witnessed_log", id, label: origin }, details: { size } });
    return { id };
  });
