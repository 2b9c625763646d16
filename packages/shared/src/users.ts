import { z } from "zod";
import { role } from "./accounts.ts";
import { email } from "./email-address.ts";
import type { Role } from "./permissions.ts";
import { calendarTimeInput, page, pageInput, searchText, timestamp, uuid } from "./values.ts";

export const userStatus = z.enum(["active", "disabled"]);

/** A user as an administrator or auditor sees it. */
export const user = z.strictObject({
  id: uuid,
  email: z.string(),
  displayName: z.string(),
  role,
  /** When an auditor becomes a member; null: the role has no end. */
  roleUntil: timestamp.nullable(),
  status: userStatus,
  /** Whether signing in asks for more than the password. */
  secondFactor: z.boolean(),
  createdAt: timestamp,
  lastSignInAt: timestamp.nullable(),
  /** Until when devices that the account does not know may not try to sign in; may be over already. */
  lockedUntil: timestamp.nullable(),
  sessionCount: z.number().int().min(0),
  agentCount: z.number().int().min(0),
});
export type User = z.infer<typeof user>;

export const listUsersInput = z
  .strictObject({
    text: searchText(100).optional(),
    status: userStatus.optional(),
    role: role.optional(),
    ...pageInput,
  })
  .optional();
export const userPage = page(user);
export const userIdInput = z.strictObject({ id: uuid });
const until = { until: calendarTimeInput.optional() };
const onlyAuditorsEnd = ({ role, until }: { role: Role; until?: string | undefined }) =>
  until === undefined || role === "auditor";
const onlyAuditorsEndProblem = {
  path: ["until"],
  message: "only the role of an auditor can have an end",
};

/** Without `until` the role will have no end. Only auditors can have one. */
export const inviteUserInput = z
  .strictObject({ email, role, ...until })
  .refine(onlyAuditorsEnd, onlyAuditorsEndProblem);
export const invitation = z.strictObject({
  email: z.string(),
  role,
  /** When an invited auditor becomes a member; null: the role has no end. */
  roleUntil: timestamp.nullable(),
  expiresAt: timestamp,
});
/** One that nobody has used yet. */
export const openInvitation = invitation.extend({
  id: uuid,
  createdAt: timestamp,
  /** The administrator who sent it; null: it was sent by a version that did not note who. */
  invitedBy: z.strictObject({ id: uuid, email: z.string() }).nullable(),
});
export type OpenInvitation = z.infer<typeof openInvitation>;
export const listInvitationsInput = z.strictObject(pageInput).optional();
export const invitationPage = page(openInvitation);

/** What `users.get` adds to a user of the list. */
export const userDetails = user.extend({
  /** Too many failed attempts: sign-in is refused for now, whatever the password. */
  locked: z.boolean(),
  /** Too many wrong codes of an app: more are refused, except on devices that the account knows. */
  codesLocked: z.boolean(),
});
export type UserDetails = z.infer<typeof userDetails>;
export const listUserSessionsInput = z.strictObject({ id: uuid, ...pageInput });
export const userSessionInput = z.strictObject({ id: uuid, sessionId: uuid });
export const resetStarted = z.strictObject({ email: z.string(), expiresAt: timestamp });
/** Without `until` the role has no end. Only auditors can have one. */
export const setRoleInput = z
  .strictObject({ id: uuid, role, ...until })
  .refine(onlyAuditorsEnd, onlyAuditorsEndProblem);
