import { users } from "@muniment/db/schema/users.ts";
import { userIdInput } from "@muniment/shared/users.ts";
import { eq } from "drizzle-orm";
import { AppError } from "../../errors.ts";
import { deleteUserEventsQueue } from "../../job-queues.ts";
import { audited } from "../../trpc/audited.ts";
import { signedIn } from "../../trpc/authenticated.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";
import { recentlyAuthenticated } from "../../trpc/recently-authenticated.ts";
import { keepAnAdmin } from "./last-admin.ts";
import { readUser } from "./read-users.ts";

/** Deletes a user with agents, keys and sessions at once, and the events by a job of the same transaction. */
export const deleteUser = limited("general")
  .concat(signedIn)
  .concat(permission("users:write"))
  .concat(recentlyAuthenticated)
  .input(userIdInput)
  .concat(audited("user.deleted"))
  .output(userIdInput)
  .mutation(async ({ ctx: { deps, tx, audit, afterCommit, principal }, input: { id } }) => {
    if (id === principal.userId)
      throw new AppError("own_account", "You cannot delete yourself here.");
    await keepAnAdmin(tx, id);
    const { email } = await readUser(tx, id);
    await tx.delete(users).where(eq(users.id, id));
    await deps.jobs.enqueue(tx, deleteUserEventsQueue, { userId: id });
    await audit({ target: { kind: "user", id, label: email } });
    afterCommit(deps.identities.forget);
    return { id };
  });
