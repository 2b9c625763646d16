const steps = [
  { unit: "year", seconds: 31_536_000 },
  { unit: "month", seconds: 2_592_000 },
  { unit: "day", seconds: 86_400 },
  { unit: "hour", seconds: 3600 },
  { unit: "minute", seconds: 60 },
] as const;

/** Clocks differ and pages repaint late: a little ahead of now is now. */
const toleranceSeconds = 20;

const format = new Intl.RelativeTimeFormat("en", { numeric: "always", style: "short" });

/** How far `time` is from `now` (both in milliseconds), in words: "3 min. ago", "in 2 days". */
export function relativeTime(time: number, now: number): string {
  const seconds = (time - now) / 1000;
  const step = steps.find((one) => Math.abs(seconds) >= one.seconds);
  if (!step) return seconds > toleranceSeconds ? "in a moment" : "just now";
  return format.format(Math.round(seconds / step.seconds), step.unit);
}
