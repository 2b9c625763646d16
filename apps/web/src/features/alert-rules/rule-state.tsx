import type { AlertRule } from "@muniment/shared/alert-rules.ts";
import { Badge } from "../../ui/badge.tsx";
import { useNow } from "../../ui/use-now.ts";
import { isMuted } from "./rule-words.ts";

export function RuleState({ rule }: { rule: AlertRule }) {
  const now = useNow();
  return (
    <span className="flex flex-wrap gap-1">
      <State rule={rule} />
      {isMuted(rule, now) && <Badge tone="neutral">muted</Badge>}
    </span>
  );
}

function State({ rule }: { rule: AlertRule }) {
  if (!rule.enabled) return <Badge tone="neutral">off</Badge>;
  if (rule.problem) return <Badge tone="warn">not judged</Badge>;
  return rule.state === "firing" ? (
    <Badge tone="danger">firing</Badge>
  ) : (
    <Badge tone="ok">quiet</Badge>
  );
}
