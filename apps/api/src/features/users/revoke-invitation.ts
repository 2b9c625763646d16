import { linkTokens } from "@muniment/db/schema/link-tokens.ts";
import { userIdInput } from "@muniment/shared/users.ts";
import { and, eq } from "drizzle-orm";
import { AppError } from "../../errors.ts";
import { audited } from "../../trpc/audited.ts";
import { signedIn } from "../../trpc/authenticated.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";

/** Makes the link of an invitation worthless. */
export const revokeInvitation = limited("general")
  .concat(signedIn)
  .concat(permission("users:write"))
  .input(userIdInput)
  .concat(audited("user.invitation_revoked"))
  .output(userIdInput)
  .mutation(async ({ ctx: { tx, audit }, input: { id } }) => {
    const [revoked] = await tx
      .delete(linkTokens)
      .where(and(eq(linkTokens.purpose, "invitation"), eq(linkTokens.id, id)))
      .returning({ email: linkTokens.email });
    if (!revoked) throw new AppError("not_found", "There is no such invitation.");
    await audit({ target: { kind: "invitation", id, label: revoked.email ?? "" } });
    return { id };
  });
