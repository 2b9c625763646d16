import { z } from "zod";
import type { SeenLog } from "./check-log.ts";

const seenLog = z.object({ note: z.string(), keys: z.array(z.string()) });
const key = "audit-log";

/** What this browser remembers of the log. It is public, as `/audit/checkpoint` is. */
export function readSeenLog(): SeenLog | null {
  try {
    return seenLog.parse(JSON.parse(localStorage.getItem(key) ?? ""));
  } catch {
    return null;
  }
}

export function keepSeenLog(seen: SeenLog): void {
  try {
    localStorage.setItem(key, JSON.stringify(seen));
  } catch {
    // A browser that keeps nothing sees every log for the first time.
  }
}
