import type { Database } from "@muniment/db/database.ts";
import type { EventIntake } from "../../event-intake.ts";
import { lighten } from "../../http/large-batch.ts";
import type { IngestQueue } from "./ingest-queue.ts";
import { asSent } from "./known-events.ts";
import { parseBatch } from "./parse-batch.ts";

/** A text up to this length costs little to judge, whatever is in it. */
const alwaysLight = 65_536;

/** The way in for events that no call brings: the same judgement, and the same queue. */
export const createIntake =
  (queue: IngestQueue, database: Database): EventIntake =>
  async ({ unreadable, ...batch }, sent) => {
    const heavy = new Map(
      sent.flatMap(({ text }, index) => {
        if (text.length <= alwaysLight) return [];
        const refused = lighten(`{"events":[${text}]}`, null).refused.get(0)?.get(0);
        return refused ? [[index, refused] as const] : [];
      }),
    );
    const text = `{"events":[${sent.map((one, index) => (heavy.has(index) ? "null" : one.text)).join(",")}]}`;
    const values = sent.map(({ value }, index) => (heavy.has(index) ? null : value));
    const {
      events: parsed,
      places,
      rejected,
    } = parseBatch(
      values,
      { value: null, text, start: 0, refused: heavy },
      { receivedAt: batch.receivedAt, allowedTypes: [] },
    );
    const isExported = (event: number) => sent[places[event] ?? -1]?.exported === true;
    const exported = [...parsed.keys()].filter(isExported);
    const events = parsed.slice();
    if (exported.length > 0) {
      const given = exported.flatMap((event) => parsed[event] ?? []);
      const known = await asSent(database, batch.userId, given);
      for (const [at, event] of known.entries()) events[exported[at] ?? -1] = event;
    }
    const all = rejected.length + unreadable;
    // Who stores a batch again looks for what it has stored (`imports/store-records.ts`).
    const { accepted, conflicts } = await queue.add({
      ...batch,
      events,
      rejected: all,
      hasOwnReceipt: true,
    });
    const conflicting = conflicts.map((event) => ({
      index: places[event] ?? event,
      reason: "id_conflict" as const,
      message: "This id was sent before with other content.",
    }));
    return {
      accepted,
      duplicates: events.length - accepted - conflicts.length,
      rejected: [...rejected, ...conflicting],
    };
  };
