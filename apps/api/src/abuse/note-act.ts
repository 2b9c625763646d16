import { sensitiveActions } from "@muniment/shared/abuse-rules.ts";
import type { AuditAction } from "@muniment/shared/audit-actions.ts";
import { type LimitRule, limitNames } from "@muniment/shared/limits.ts";
import type { Config } from "../config.ts";
import type { Principal } from "../identity/principal.ts";
import type { RequestFacts } from "../trpc/context.ts";
import type { Sightings } from "./sightings.ts";

/** So many times more than is configured is not care about one busy sender any more. */
const weaker = 10;

/** Whether a limit, of a class or of one procedure of it, lets so much more pass than the configured one. */
function isMuchWeaker(limits: Config["limits"], { name, to }: { name: string; to: LimitRule }) {
  const limit = limitNames.find((known) => known === name.split(":")[0]);
  if (!limit) return false;
  const { points, durationSeconds } = limits[limit];
  return to.points * durationSeconds >= weaker * points * to.durationSeconds;
}

/** Notes an act that has its entry in the audit log, where a rule asks for it. */
export function noteAct(
  { sightings, config }: { sightings: Pick<Sightings, "note">; config: Pick<Config, "limits"> },
  principal: Principal | undefined,
  { address }: Pick<RequestFacts, "address">,
  { action, target, details }: { action: AuditAction; target: string; details: object },
): void {
  if (principal?.kind !== "user") return;
  const { email, userId } = principal;
  if (sensitiveActions.has(action)) {
    sightings.note({ signal: "sensitive_act", address, email, userId });
  }
  if (action === "limit.changed") {
    if (isMuchWeaker(config.limits, details as { name: string; to: LimitRule })) {
      sightings.note({ signal: "limit_weakened", address, subject: target });
    }
  }
}
