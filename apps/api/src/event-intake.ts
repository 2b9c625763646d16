import type { Receipt } from "@muniment/shared/events.ts";

/**
 * An event as JSON text, with the value that parsing the text gives. One of an export says its defaults,
 * which may not have been sent, so it is compared with what is stored and not with what was sent.
 */
export type EventText = { text: string; value: unknown; exported?: boolean };

export type IntakeBatch = {
  userId: string;
  agentId: string;
  /** What the agent's counters count it under: an API key, or an import. */
  apiKeyId: string;
  batchId: string;
  /** Milliseconds since 1970. */
  receivedAt: number;
  /** How many more were sent that are no JSON. */
  unreadable: number;
};

/** Judges and stores events as if they had been sent; answers once the accepted ones are durable. */
export type EventIntake = (
  batch: IntakeBatch,
  events: readonly EventText[],
) => Promise<Pick<Receipt, "accepted" | "duplicates" | "rejected">>;
