import type { AlertSeverity } from "@muniment/shared/alerts.ts";
import type { Tone } from "../../ui/badge.tsx";

export const severityTones = {
  low: "info",
  medium: "warn",
  high: "danger",
} as const satisfies Record<AlertSeverity, Tone>;
