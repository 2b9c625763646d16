import { passkeys } from "@muniment/db/schema/second-factors.ts";
import { passkey, renamePasskeyInput } from "@muniment/shared/second-factors.ts";
import { and, eq } from "drizzle-orm";
import { AppError } from "../../errors.ts";
import { audited } from "../../trpc/audited.ts";
import { signedIn } from "../../trpc/authenticated.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";
import { recentlyAuthenticated } from "../../trpc/recently-authenticated.ts";
import { toPasskey } from "./to-passkey.ts";

export const renamePasskey = limited("general")
  .concat(signedIn)
  .concat(permission("account:write"))
  .concat(recentlyAuthenticated)
  .input(renamePasskeyInput)
  .concat(audited("passkey.renamed"))
  .output(passkey)
  .mutation(async ({ ctx: { tx, audit, principal }, input: { id, name } }) => {
    const [renamed] = await tx
      .update(passkeys)
      .set({ name })
      .where(and(eq(passkeys.id, id), eq(passkeys.userId, principal.userId)))
      .returning();
    if (!renamed) throw new AppError("not_found", "There is no such passkey.");
    await audit({ target: { kind: "passkey", id, label: name } });
    return toPasskey(renamed);
  });
