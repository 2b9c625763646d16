import type { Role } from "@muniment/shared/permissions.ts";
import type { Config } from "../config.ts";

/** Whether the policy leaves a user nothing but setting up a second factor. */
export const mustEnroll = (
  { requireMfa }: Pick<Config, "requireMfa">,
  { role, secondFactor }: { role: Role; secondFactor: boolean },
): boolean => !secondFactor && requireMfa.includes(role);
