import { users } from "@muniment/db/schema/users.ts";
import { user, userIdInput } from "@muniment/shared/users.ts";
import { eq } from "drizzle-orm";
import { audited } from "../../trpc/audited.ts";
import { signedIn } from "../../trpc/authenticated.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";
import { readUser } from "./read-users.ts";

export const enable = limited("general")
  .concat(signedIn)
  .concat(permission("users:write"))
  .input(userIdInput)
  .concat(audited("user.enabled"))
  .output(user)
  .mutation(async ({ ctx: { tx, audit }, input: { id } }) => {
    const { email } = await readUser(tx, id);
    await tx.update(users).set({ disabledAt: null }).where(eq(users.id, id));
    await audit({ target: { kind: "user", id, label: email } });
    return readUser(tx, id);
  });
