import { users } from "@muniment/db/schema/users.ts";
import { eq, lte } from "drizzle-orm";
import { writeAuditEntry } from "../audit/write.ts";
import type { Deps } from "../deps.ts";
import { enterScope } from "./scope.ts";
import { endSessions } from "./sessions.ts";

/** Writes down that roles are over, and ends the sessions that began with them, as any change of a role does. */
export function endRoles({
  database,
  dataKeys,
  notify,
  now,
}: Pick<Deps, "database" | "dataKeys" | "notify" | "now">): () => Promise<void> {
  const endOne = (userId: string) =>
    database.transaction({}, async (tx) => {
      const at = now();
      const [user] = await tx.select().from(users).where(eq(users.id, userId)).for("update");
      // Another node was first, or an administrator gave the role anew.
      if (!user?.roleUntil || user.roleUntil > at) return;
      await tx.update(users).set({ role: "member", roleUntil: null }).where(eq(users.id, userId));
      enterScope(tx, userId);
      await endSessions(tx, userId);
      await writeAuditEntry(tx, dataKeys, {
        at,
        principal: { kind: "anonymous" },
        action: "user.role_ended",
        outcome: "success",
        target: { kind: "user", id: userId, label: user.email },
        details: { from: user.role, to: "member" },
      });
      await notify(tx, user.email, { kind: "role_ended" });
    });
  return async () => {
    const due = await database
      .background({})
      .select({ id: users.id })
      .from(users)
      .where(lte(users.roleUntil, now()));
    for (const { id } of due) await endOne(id);
  };
}
