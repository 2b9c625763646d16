import { exports } from "@muniment/db/schema/exports.ts";
import { users } from "@muniment/db/schema/users.ts";
import { ownExport } from "@muniment/shared/own-data.ts";
import { noInput } from "@muniment/shared/values.ts";
import { eq } from "drizzle-orm";
import { v7 as uuidv7 } from "uuid";
import { AppError } from "../../errors.ts";
import { exportQueue } from "../../job-queues.ts";
import { audited } from "../../trpc/audited.ts";
import { signedIn } from "../../trpc/authenticated.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";
import { recentlyAuthenticated } from "../../trpc/recently-authenticated.ts";
import { toExport } from "./read-exports.ts";

const keptSeconds = 7 * 86_400;
const most = 5;

/** Asks for a copy of all one's data; a job makes it. */
export const requestExport = limited("general")
  .concat(signedIn)
  .concat(permission("data:write"))
  .concat(recentlyAuthenticated)
  .input(noInput)
  .concat(audited("data.export_requested"))
  .output(ownExport)
  .mutation(async ({ ctx: { deps, tx, audit, principal } }) => {
    deps.databaseSpace.require();
    const { userId, email } = principal;
    // One at a time, so that two calls at once do not both find nothing under way.
    await tx.select({ id: users.id }).from(users).where(eq(users.id, userId)).for("no key update");
    const own = await tx.select().from(exports).where(eq(exports.userId, userId));
    if (own.some(({ finishedAt, failedAt }) => !finishedAt && !failedAt)) {
      throw new AppError("already_exists", "A copy is being made already.");
    }
    if (own.length >= most) {
      throw new AppError("too_many", "There are copies enough; they are deleted within a week.");
    }
    const now = deps.now();
    const [row] = await tx
      .insert(exports)
      .values({
        id: uuidv7(),
        userId,
        requestedAt: now,
        expiresAt: new Date(now.getTime() + keptSeconds * 1000),
      })
      .returning();
    if (!row) throw new Error("nothing was inserted");
    await deps.jobs.enqueue(tx, exportQueue, { userId, exportId: row.id });
    await audit({ target: { kind: "user", id: userId, label: email } });
    return toExport(row);
  });
