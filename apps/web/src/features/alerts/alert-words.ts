import type { AlertKind, AlertSeverity } from "@muniment/shared/alerts.ts";
import type { Tone } from "../../ui/badge.tsx";

/** What each kind means, and what to do about it. */
export const alertWords = {
  refresh_token_reused: {
    title: "A used refresh token came again",
    advice:
      "Somebody else may hold a program's tokens. All of them have been ended; the program must sign in again. Find out where they were kept.",
  },
  account_locked: {
    title: "Too many failed sign-ins",
    advice:
      "Attempts at this account are refused for a while. If its owner is locked out, unlock it on the page of users.",
  },
} as const satisfies Record<AlertKind, { title: string; advice: string }>;

export const severityTones = {
  low: "info",
  medium: "warn",
  high: "danger",
} as const satisfies Record<AlertSeverity, Tone>;
