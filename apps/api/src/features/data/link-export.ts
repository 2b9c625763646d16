import { createHash, randomBytes } from "node:crypto";
import { exports } from "@muniment/db/schema/exports.ts";
import { exportIdInput, exportLink } from "@muniment/shared/own-data.ts";
import { and, eq, gt, isNotNull } from "drizzle-orm";
import { AppError } from "../../errors.ts";
import { audited } from "../../trpc/audited.ts";
import { signedIn } from "../../trpc/authenticated.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";
import { recentlyAuthenticated } from "../../trpc/recently-authenticated.ts";

const linkSeconds = 300;

/**
 * A link to download a copy with: it works once, for five minutes, and only in the session of the
 * copy's owner, so that one that was logged or shared is worth nothing.
 */
export const linkExport = limited("general")
  .concat(signedIn)
  .concat(permission("data:write"))
  .concat(recentlyAuthenticated)
  .input(exportIdInput)
  .concat(audited("data.export_downloaded"))
  .output(exportLink)
  .mutation(async ({ ctx: { deps, tx, audit, principal }, input: { id } }) => {
    const { userId, email } = principal;
    const now = deps.now();
    const ticket = randomBytes(32).toString("base64url");
    const ticketExpiresAt = new Date(now.getTime() + linkSeconds * 1000);
    const linked = await tx
      .update(exports)
      .set({ ticketHash: createHash("sha256").update(ticket).digest(), ticketExpiresAt })
      .where(
        and(
          eq(exports.id, id),
          eq(exports.userId, userId),
          isNotNull(exports.finishedAt),
          gt(exports.expiresAt, now),
        ),
      )
      .returning({ id: exports.id });
    if (linked.length === 0) throw new AppError("not_found", "There is no such copy.");
    await audit({ target: { kind: "user", id: userId, label: email } });
    return { path: `/exports/${ticket}`, expiresAt: ticketExpiresAt.toISOString() };
  });
