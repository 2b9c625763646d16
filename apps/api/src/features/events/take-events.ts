import type { Receipt } from "@muniment/shared/events.ts";
import type { Deps } from "../../deps.ts";
import type { ExactText } from "../../http/exact-text.ts";
import { newRequestId } from "../../http/request-id.ts";
import type { ApiKeyPrincipal } from "../../identity/principal.ts";
import { parseBatch } from "./parse-batch.ts";

/**
 * Judges each event by itself and answers once all accepted ones are durable. Empties `sent` and the
 * text: the queue holds what it needs, and whoever waits for the answer would hold all this until then,
 * which the collector would copy twice meanwhile, of thousands of events at once.
 * @throws AppError `overloaded`, `invalid_json`
 */
export async function takeEvents(
  deps: Deps,
  { userId, agentId, keyId: apiKeyId, eventTypes: allowedTypes }: ApiKeyPrincipal,
  sent: unknown[],
  exact: ExactText,
): Promise<Receipt> {
  const receivedAt = deps.now().getTime();
  const batchId = newRequestId(receivedAt);
  const { events, places, rejected } = parseBatch(sent, exact, { receivedAt, allowedTypes });
  const stored = deps.ingest.add({
    userId,
    agentId,
    apiKeyId,
    batchId,
    receivedAt,
    events,
    rejected: rejected.length,
    hasOwnReceipt: false,
  });
  const readable = events.length;
  events.length = 0;
  sent.length = 0;
  exact.text = "";
  const { accepted, conflicts } = await stored;
  for (const event of conflicts) {
    rejected.push({
      index: places[event] ?? event,
      reason: "id_conflict",
      message: "This id was sent before with other content.",
    });
  }
  if (conflicts.length > 0) rejected.sort((a, b) => a.index - b.index);
  return {
    batchId,
    receivedAt: new Date(receivedAt).toISOString(),
    accepted,
    duplicates: readable - accepted - conflicts.length,
    rejected,
  };
}
