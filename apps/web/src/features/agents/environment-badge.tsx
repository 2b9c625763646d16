import type { Agent } from "@muniment/shared/agents.ts";
import { Badge, type Tone } from "../../ui/badge.tsx";

const tones = {
  production: "accent",
  staging: "warn",
  development: "neutral",
} as const satisfies Record<Agent["environment"], Tone>;

export function EnvironmentBadge({ environment }: { environment: Agent["environment"] }) {
  return <Badge tone={tones[environment]}>{environment}</Badge>;
}
