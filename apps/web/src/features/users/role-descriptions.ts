import type { Role } from "@muniment/shared/permissions.ts";
import type { Tone } from "../../ui/badge.tsx";

export const roleDescriptions = {
  member: "Own agents, keys and events.",
  auditor: "Sees users, the audit log and limits; changes only their own account.",
  admin: "Sees and changes everything, users and limits included.",
} as const satisfies Record<Role, string>;

export const roleTones = {
  member: "neutral",
  auditor: "info",
  admin: "accent",
} as const satisfies Record<Role, Tone>;
