import type { AuditEntry } from "@muniment/shared/audit-log.ts";
import { Badge, type Tone } from "../../ui/badge.tsx";

const tones = {
  success: "neutral",
  refused: "warn",
  failed: "danger",
} as const satisfies Record<AuditEntry["outcome"], Tone>;

export function OutcomeBadge({ outcome }: { outcome: AuditEntry["outcome"] }) {
  return <Badge tone={tones[outcome]}>{outcome}</Badge>;
}
