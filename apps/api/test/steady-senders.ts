import { setTimeout as sleep } from "node:timers/promises";
import type postgres from "postgres";
import { makeEvent } from "./events-sender.ts";

const retryMilliseconds = 50;
/** A server that takes nothing for so long has not come back. */
const patienceMilliseconds = 60_000;

export type SteadySenders = {
  /** Ids of the events whose batch was answered with a receipt. */
  receipted: string[];
  /** How often a batch was answered otherwise, by what it was answered. */
  refusals: Map<string, number>;
  /** Stops when every batch under way is receipted. Rejects if a receipt did not add up. */
  stop(): Promise<void>;
};

/** Several clients that send one batch after another, each again until it is receipted, as clients must. */
export function sendSteadily(
  url: string,
  key: string,
  { senders = 4, eventsPerBatch = 20 } = {},
): SteadySenders {
  const headers = { "content-type": "application/json", authorization: `Bearer ${key}` };
  const receipted: string[] = [];
  const refusals = new Map<string, number>();
  let over = false;

  async function post(body: string) {
    try {
      const response = await fetch(`${url}/api/v1/events`, { method: "POST", headers, body });
      // biome-ignore lint/suspicious/noExplicitAny: a receipt or an error
      return { status: response.status, body: (await response.json()) as any };
    } catch {
      return { status: 0, body: null };
    }
  }

  async function keepSending() {
    while (!over) {
      const events = Array.from({ length: eventsPerBatch }, (_, seq) => makeEvent({ seq }));
      const text = JSON.stringify({ events });
      const until = Date.now() + patienceMilliseconds;
      for (;;) {
        const { status, body } = await post(text);
        if (status === 200) {
          if (body.accepted + body.duplicates === eventsPerBatch) {
            receipted.push(...events.map(({ id }) => id));
            break;
          }
          throw new Error(`a receipt does not add up: ${JSON.stringify(body)}`);
        }
        const what = status === 0 ? "no answer" : `${status} ${body.error?.reason}`;
        refusals.set(what, (refusals.get(what) ?? 0) + 1);
        if (Date.now() > until) throw new Error(`refused for too long: ${what}`);
        await sleep(retryMilliseconds);
      }
    }
  }

  const done = Promise.all(Array.from({ length: senders }, keepSending));
  // Who stops them is told.
  done.catch(() => {});
  return {
    receipted,
    refusals,
    async stop() {
      over = true;
      await done;
    },
  };
}

/** What is wrong with what a database holds of the only agent's events, in words. */
export async function problemsOf(
  sql: postgres.Sql,
  receipted: readonly string[],
): Promise<string[]> {
  const wrong: string[] = [];
  const sorted = (ids: readonly string[]) => [...ids].sort().join();
  const expected = sorted(receipted);
  const lists = [
    ["events", await sql`select id from events`],
    ["event_ids", await sql`select id from event_ids`],
    ["receipts", await sql`select unnest(event_ids) as id from receipts`],
  ] as const;
  for (const [name, rows] of lists) {
    if (sorted(rows.map(({ id }) => id)) !== expected) {
      wrong.push(`${name} has ${rows.length} ids, not the ${receipted.length} receipted ones`);
    }
  }
  const [counted] = await sql`
    select sent = accepted + duplicates + rejected as adds_up, accepted::int from agent_totals`;
  if (!counted?.adds_up || counted.accepted !== receipted.length) {
    wrong.push(`the counters say ${JSON.stringify(counted)}`);
  }
  // One statement, so one snapshot: what is being added up meanwhile is counted once.
  const [charts] = await sql`
    select (select coalesce(sum(count), 0) from event_counts cross join unnest(counts) as count
        where minutes = 15 and apart = 0)
      + (select coalesce(sum(count), 0) from event_count_changes) as count`;
  if (Number(charts?.count) !== receipted.length) wrong.push(`the charts count ${charts?.count}`);
  return wrong;
}
