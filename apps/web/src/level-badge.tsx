import type { EventLevel } from "@muniment/shared/events.ts";
import { Badge, type Tone } from "./ui/badge.tsx";

const tones = {
  debug: "neutral",
  info: "info",
  warn: "warn",
  error: "danger",
  critical: "critical",
} as const satisfies Record<EventLevel, Tone>;

export function LevelBadge({ level }: { level: EventLevel }) {
  return <Badge tone={tones[level]}>{level}</Badge>;
}
