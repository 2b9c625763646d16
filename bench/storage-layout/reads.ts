import type { Sql } from "postgres";
import type { Layout } from "./layouts.ts";
import { heavyUser } from "./load.ts";

const order = "ORDER BY occurred_at DESC, id DESC LIMIT 50";
const past = "occurred_at >= $2::timestamptz AND occurred_at < $3::timestamptz";

/** What the explorer asks, each as text and the parameters after the user. */
export function readQueries(layout: Layout): Record<string, { text: string; window: boolean }> {
  const page = (where: string) => `SELECT * FROM events WHERE user_id = $1 AND ${where} ${order}`;
  return {
    "page of 50, newest": { text: page("true"), window: false },
    "page of 50, a week in the past": { text: page(past), window: true },
    "page by a type of 1 in 10": { text: page("type = 'type.3'"), window: false },
    "page by a type of 1 in 10,000": { text: page("type = 'rare.type'"), window: false },
    "lookup by id": {
      text: layout.ids
        ? `SELECT * FROM events WHERE user_id = $1 AND id = $2::uuid AND occurred_at =
            (SELECT occurred_at FROM event_ids WHERE user_id = $1 AND id = $2::uuid)`
        : "SELECT * FROM events WHERE user_id = $1 AND id = $2::uuid",
      window: false,
    },
  };
}

/** Milliseconds at the 50th and 95th percentile of `times` runs, after 20 to warm up. */
export async function percentiles(times: number, run: () => Promise<unknown>) {
  const taken: number[] = [];
  for (let i = -20; i < times; i++) {
    const started = performance.now();
    await run();
    if (i >= 0) taken.push(performance.now() - started);
  }
  taken.sort((a, b) => a - b);
  const at = (q: number) => taken[Math.floor(taken.length * q)] ?? Number.NaN;
  return { p50: at(0.5), p95: at(0.95) };
}

/** A function that runs the named read once, on the heavy user, at a random place. */
export async function reader(sql: Sql, name: string, query: { text: string; window: boolean }) {
  const ids =
    await sql`SELECT id FROM public.source WHERE user_id = ${heavyUser} AND random() < 0.001`;
  const day = 86_400_000;
  return async () => {
    const from = new Date(Date.now() - (10 + Math.random() * 340) * day);
    const id = ids[Math.floor(Math.random() * ids.length)]?.id;
    const values = query.window
      ? [heavyUser, from, new Date(from.getTime() + 7 * day)]
      : name === "lookup by id"
        ? [heavyUser, id]
        : [heavyUser];
    return sql.unsafe(query.text, values, { prepare: true });
  };
}

/** Planner's own milliseconds for the newest page and a past week, literals in place of parameters. */
export async function planningTime(sql: Sql, layout: Layout) {
  const queries = readQueries(layout);
  const one = async (name: string) => {
    const text = (queries[name]?.text ?? "")
      .replaceAll("$1", `'${heavyUser}'`)
      .replaceAll("$2", `'${new Date(Date.now() - 60 * 86_400_000).toISOString()}'`)
      .replaceAll("$3", `'${new Date(Date.now() - 53 * 86_400_000).toISOString()}'`);
    const taken: number[] = [];
    for (let i = 0; i < 40; i++) {
      const [row] = await sql.unsafe(`EXPLAIN (SUMMARY, FORMAT JSON) ${text}`);
      taken.push(row?.["QUERY PLAN"][0]["Planning Time"]);
    }
    return taken.sort((a, b) => a - b)[20] ?? Number.NaN;
  };
  return {
    newest: await one("page of 50, newest"),
    past: await one("page of 50, a week in the past"),
  };
}
