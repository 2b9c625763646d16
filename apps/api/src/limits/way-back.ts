import type { LimitName, LimitRule } from "@muniment/shared/limits.ts";

/** Calls a minute, and at once, that an administrator needs to sign in and take a change back. */
const leastPerMinute = 30;

/** Why a rule would shut every administrator out of changing it again; absent where it would not. */
export function blocksWayBack(
  name: LimitName,
  procedure: string | undefined,
  { points, durationSeconds }: LimitRule,
): string | undefined {
  if (name !== "general_user" && name !== "general_address") return undefined;
  if (procedure && !/^(?:auth|limits)\./.test(procedure)) return undefined;
  if (points >= leastPerMinute && points * 60 >= leastPerMinute * durationSeconds) return undefined;
  return `points: at least ${leastPerMinute}, and ${leastPerMinute} a minute, so that administrators can still change it back`;
}
