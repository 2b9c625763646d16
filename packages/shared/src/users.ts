import { z } from "zod";
import { role } from "./accounts.ts";
import { email } from "./email-address.ts";
import { page, pageInput, searchText, timestamp, uuid } from "./values.ts";

export const userStatus = z.enum(["active", "disabled"]);

/** A user as an administrator or auditor sees it. */
export const user = z.strictObject({
  id: uuid,
  email: z.string(),
  displayName: z.string(),
  role,
  status: userStatus,
  createdAt: timestamp,
  lastSignInAt: timestamp.nullable(),
  sessionCount: z.number().int().min(0),
  agentCount: z.number().int().min(0),
});
export type User = z.infer<typeof user>;

export const listUsersInput = z
  .strictObject({ text: searchText(100).optional(), ...pageInput })
  .optional();
export const userPage = page(user);
export const userIdInput = z.strictObject({ id: uuid });
export const inviteUserInput = z.strictObject({ email, role });
export const invitation = z.strictObject({ email: z.string(), role, expiresAt: timestamp });
export const setRoleInput = z.strictObject({ id: uuid, role });
