import { auditExport, auditExportInput, maxBundleEntries } from "@muniment/shared/audit-log.ts";
import { auditExportPath, ticketPlace, ticketSeconds } from "../../audit/export-ticket.ts";
import { namedIn, peopleOfRange, subjectsOf } from "../../audit/reads.ts";
import { encodeCursor } from "../../cursor.ts";
import { AppError } from "../../errors.ts";
import { createChallenge } from "../../identity/challenges.ts";
import { audited } from "../../trpc/audited.ts";
import { signedIn } from "../../trpc/authenticated.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";
import { recentlyAuthenticated } from "../../trpc/recently-authenticated.ts";
import { newestCheckpoint } from "./newest-checkpoint.ts";

/** Allows one user to fetch entries of the log as a file, once and within a minute, from the path it answers. */
export const exportLog = limited("general")
  .concat(signedIn)
  .concat(permission("audit:read"))
  .concat(recentlyAuthenticated)
  .input(auditExportInput)
  .concat(audited("audit.exported"))
  .output(auditExport)
  .mutation(async ({ ctx: { deps, tx, audit, principal }, input }) => {
    const { format, from = 0 } = input;
    const { size, origin } = await newestCheckpoint(deps, input.to);
    const to = input.to ?? size;
    if (from >= to) throw new AppError("invalid_range", "There is no entry in this range.");
    if ((format === "html" || format === "json") && to - from > maxBundleEntries) {
      const message = `A bundle holds at most ${maxBundleEntries} entries. Narrow the range.`;
      throw new AppError("invalid_range", message);
    }
    const place = { purpose: "audit_export", userId: principal.userId } as const;
    const challenge = await createChallenge(tx, place, deps.now());
    const expiresAt = new Date(deps.now().getTime() + ticketSeconds * 1000);
    const ticket = encodeCursor(deps.secrets.cursor, ticketPlace(principal.userId), [
      format,
      String(from),
      String(to),
      expiresAt.toISOString(),
      challenge,
    ]);
    const shown = await peopleOfRange(deps.database.audit, from, to);
    const named = namedIn(subjectsOf(shown, principal.userId));
    const details = { format, from, to, ...named };
    await audit({ target: { kind: "audit_log", id: origin }, details });
    return { path: `${auditExportPath}${ticket}`, from, to, expiresAt: expiresAt.toISOString() };
  });
