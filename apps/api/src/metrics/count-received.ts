import type { IngestQueue } from "../features/events/ingest-queue.ts";
import type { Metrics } from "./metrics.ts";

/** Counts what becomes of the events of each batch that `add` stores. */
export const countReceived =
  (metrics: Pick<Metrics, "received">, add: IngestQueue["add"]): IngestQueue["add"] =>
  async (batch) => {
    // The caller empties it while it waits.
    const sent = batch.events.length;
    const { rejected } = batch;
    const stored = await add(batch);
    const conflicts = stored.conflicts.length;
    metrics.received({
      accepted: stored.accepted,
      duplicates: sent - stored.accepted - conflicts,
      rejected: rejected + conflicts,
    });
    return stored;
  };
