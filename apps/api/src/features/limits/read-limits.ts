import type { LimitName } from "@muniment/shared/limits.ts";
import type { Deps } from "../../deps.ts";
import { countedPer } from "../../limits/counted-per.ts";

/** A class, or a class for one procedure, as it is in force. */
export function toLimitItem(deps: Deps, name: LimitName, procedure: string | undefined) {
  const inForce = deps.limits.rule(name, procedure);
  const defaultRule = procedure ? null : deps.config.limits[name];
  return {
    name: inForce.name,
    countedPer: procedure ? `${countedPer[name]}, for ${procedure}` : countedPer[name],
    rule: inForce.rule,
    defaultRule,
    changed: deps.limits.isOverridden(procedure ? `${name}:${procedure}` : name),
  };
}
