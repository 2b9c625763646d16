import { receipt } from "@muniment/shared/events.ts";
import { newRequestId } from "../../http/request-id.ts";
import { withApiKey } from "../../trpc/authenticated.ts";
import { eventsLimited } from "../../trpc/events-limited.ts";
import { exactJson } from "../../trpc/exact-json.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";
import { parseBatch } from "./parse-batch.ts";

/** Takes 1 to 100 events, each judged by itself, and answers once all accepted ones are durable. */
export const ingest = limited("ingest")
  .concat(withApiKey)
  .concat(permission("events:write"))
  .meta({ bodyBytes: 10_485_760 })
  .concat(eventsLimited)
  .concat(exactJson)
  .output(receipt)
  .mutation(async ({ ctx: { deps, principal, exact }, input }) => {
    if (!exact) throw new Error("events can be judged only with their text");
    const { userId, agentId, keyId: apiKeyId, eventTypes: allowedTypes } = principal;
    const receivedAt = deps.now().getTime();
    const batchId = newRequestId(receivedAt);
    const { events, places, rejected } = parseBatch(input.events, exact, {
      receivedAt,
      allowedTypes,
    });
    const stored = deps.ingest.add({
      userId,
      agentId,
      apiKeyId,
      batchId,
      receivedAt,
      events,
      rejected: rejected.length,
    });
    const readable = events.length;
    // The queue holds what it needs, and the chain would hold all this until the answer: the collector
    // would copy it twice meanwhile, of thousands of events at once.
    for (const list of [input.events, (exact.value as typeof input).events, events])
      list.length = 0;
    exact.text = "";
    const { accepted, conflicts } = await stored;
    const conflicting = conflicts.map((event) => ({
      index: places[event] ?? event,
      reason: "id_conflict" as const,
      message: "This id was sent before with other content.",
    }));
    return {
      batchId,
      receivedAt: new Date(receivedAt).toISOString(),
      accepted,
      duplicates: readable - accepted - conflicts.length,
      rejected: [...rejected, ...conflicting].sort((a, b) => a.index - b.index),
    };
  });
