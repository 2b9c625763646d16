import type { EventLevel } from "@muniment/shared/events.ts";

/** One form of message; the pattern's named groups become props. */
export type MessageShape = { type: string; level: EventLevel; pattern: RegExp };

/**
 * A shape whose pattern fits the whole message. `.` matches everything: without that a name with
 * U+2028 in it would fit nothing.
 */
export function shape(type: string, level: EventLevel, pattern: string): MessageShape {
  return { type, level, pattern: new RegExp(`^${pattern}$`, "s") };
}
