import type { EventLevel } from "@muniment/shared/events.ts";

const byText: readonly (readonly [RegExp, EventLevel])[] = [
  [/^(?:trace|debug|verbose|fine)/, "debug"],
  [/^(?:info|notice|log)/, "info"],
  [/^warn/, "warn"],
  [/^err/, "error"],
  [/^(?:fatal|crit|alert|emerg|panic)/, "critical"],
];

/**
 * The level of a log record: of its severity number (OpenTelemetry logs data model: 1 to 4 trace, 5 to
 * 8 debug, 9 to 12 info, 13 to 16 warn, 17 to 20 error, 21 to 24 fatal), else of its text, else info.
 */
export function levelOf(number: unknown, text: unknown): EventLevel {
  if (typeof number === "number" && number >= 1 && number <= 24) {
    if (number <= 8) return "debug";
    if (number <= 12) return "info";
    if (number <= 16) return "warn";
    return number <= 20 ? "error" : "critical";
  }
  const name = typeof text === "string" ? text.toLowerCase() : "";
  return byText.find(([pattern]) => pattern.test(name))?.[1] ?? "info";
}
