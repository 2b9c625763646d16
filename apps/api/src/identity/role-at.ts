import type { users } from "@muniment/db/schema/users.ts";
import type { Role } from "@muniment/shared/permissions.ts";
import { AppError } from "../errors.ts";

/** The role that a user has at a time: one whose end has come is over before a job writes that down. */
export const roleAt = (
  { role, roleUntil }: Pick<typeof users.$inferSelect, "role" | "roleUntil">,
  now: Date,
): Role => (roleUntil && roleUntil <= now ? "member" : role);

type Granted = { role: Role; roleUntil: Date | null };

/** What a new account gets of what it was invited as: nothing of a role that ended meanwhile. */
export const grantedAt = (granted: Granted, now: Date): Granted =>
  roleAt(granted, now) === granted.role ? granted : { role: "member", roleUntil: null };

/** For the details of an audit entry. */
export const untilOf = ({ roleUntil }: Pick<Granted, "roleUntil">) =>
  roleUntil ? { until: roleUntil.toISOString() } : {};

/** When a role is to end, as it was asked for. @throws AppError `invalid_range` where that is past */
export function readUntil(until: string | undefined, now: Date): Date | null {
  if (until === undefined) return null;
  const end = new Date(until);
  if (end <= now) throw new AppError("invalid_range", "until is in the past.");
  return end;
}
