import type { Role } from "@muniment/shared/permissions.ts";

export const roleDescriptions = {
  member: "Own agents, keys and events.",
  auditor: "Sees users, the audit log and limits; changes only their own account.",
  admin: "Sees and changes everything, users and limits included.",
} as const satisfies Record<Role, string>;
