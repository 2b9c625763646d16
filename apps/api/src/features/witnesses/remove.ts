import { witnesses } from "@muniment/db/schema/witnesses.ts";
import { witnessIdInput } from "@muniment/shared/witnesses.ts";
import { eq } from "drizzle-orm";
import { AppError } from "../../errors.ts";
import { audited } from "../../trpc/audited.ts";
import { signedIn } from "../../trpc/authenticated.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";
import { recentlyAuthenticated } from "../../trpc/recently-authenticated.ts";
import { targetOf } from "../../witnesses/manage.ts";

/** Sends no more checkpoints to a place; what it has it keeps. A file of the settings comes back at a start. */
export const remove = limited("general")
  .concat(signedIn)
  .concat(permission("witnesses:write"))
  .concat(recentlyAuthenticated)
  .input(witnessIdInput)
  .concat(audited("witness.removed"))
  .output(witnessIdInput)
  .mutation(async ({ ctx: { tx, audit }, input: { id } }) => {
    const [row] = await tx.delete(witnesses).where(eq(witnesses.id, id)).returning();
    if (!row) throw new AppError("not_found", "There is no such witness.");
    const { kind, confirmedSize } = row;
    await audit({ target: targetOf(row), details: { kind, confirmedSize } });
    return { id };
  });
