import { parseAccessLine } from "./apache-access.ts";
import { parseErrorLine } from "./apache-error.ts";
import type { Reading } from "./event.ts";
import type { TimeOptions } from "./line-time.ts";

/**
 * Reads one line of an Apache HTTP Server's error log, or of an access log in the common or combined
 * form. Every line gives a reading: what is neither is `apache.other`.
 */
export function parseApache(text: string, options: TimeOptions): Reading {
  const reading = parseErrorLine(text, options) ?? parseAccessLine(text);
  return reading ?? { type: "apache.other", level: "info", props: {} };
}
