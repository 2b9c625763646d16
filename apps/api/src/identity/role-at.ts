import type { users } from "@muniment/db/schema/users.ts";
import type { Role } from "@muniment/shared/permissions.ts";

/** The role that a user has at a time: one whose end has come is over before a job writes that down. */
export const roleAt = (
  { role, roleUntil }: Pick<typeof users.$inferSelect, "role" | "roleUntil">,
  now: Date,
): Role => (roleUntil && roleUntil <= now ? "member" : role);
