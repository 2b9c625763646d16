import type { AlertRule } from "@muniment/shared/alert-rules.ts";

/** Minutes as people say them: 5 minutes, 1 hour, 2 days. */
export function spanOf(minutes: number): string {
  const units = [
    [1440, "day"],
    [60, "hour"],
    [1, "minute"],
  ] as const;
  const [size, noun] = units.find(([unit]) => minutes % unit === 0 && minutes >= unit) ?? [
    1,
    "minute",
  ];
  const count = minutes / size;
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

export const conditionOf = ({ threshold, windowMinutes }: AlertRule) =>
  `more than ${threshold.toLocaleString("en")} in ${spanOf(windowMinutes)}`;

export const isMuted = ({ mutedUntil }: AlertRule, now: number) =>
  mutedUntil !== null && Date.parse(mutedUntil) > now;
