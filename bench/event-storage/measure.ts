import { existsSync, readFileSync } from "node:fs";
import { chartStatement } from "../../apps/api/src/features/events/chart-statement.ts";
import { countReads } from "../../apps/api/src/features/events/count-rows.ts";
import { findEvents } from "../../apps/api/src/features/events/find-events.ts";
import { type Database, openDatabase } from "../../packages/db/src/database.ts";
import { parseEventQuery } from "../../packages/shared/src/event-query/parse.ts";
import { type Api, openApi } from "./api.ts";
import { charts, dimensions, pages, terms } from "./questions.ts";
import { heavyUser, openScratch } from "./scratch.ts";

const day = 86_400_000;

/** Milliseconds: the least, the middle, and the 95th of 100. */
export type Times = { least: number; middle: number; p95: number; wasStolen?: boolean };
/** By what was asked; of the statements alone, and through the API. */
export type Measured = Record<string, { sql: Times; api: Times }>;

type Turn = () => Promise<unknown>;

const turns = 100;
const longMilliseconds = 1000;
/** How often turns are taken again in which the host gave time of these processors to others. */
const mostRounds = 6;

/** Processor time that this machine wanted and its host gave to others, in ticks; 0 where the system has no count of it. */
function stolenTicks(): number {
  const total = existsSync("/proc/stat") ? readFileSync("/proc/stat", "utf8").split("\n")[0] : "";
  return Number(total?.split(/\s+/)[8] ?? 0);
}

/** The times of the turns after three that do not count; fewer of what takes long. */
async function takeTurns(turn: Turn): Promise<number[]> {
  const took: number[] = [];
  for (let n = -3; n < turns; n += 1) {
    const started = performance.now();
    await turn();
    const milliseconds = performance.now() - started;
    if (n >= 0) took.push(milliseconds);
    if (milliseconds > longMilliseconds && n >= 2) break;
  }
  return took.sort((a, b) => a - b);
}

/** Turns of the first round of which nothing was stolen, or else of the last. */
async function time(turn: Turn): Promise<Times> {
  let took: number[] = [];
  let wasStolen = true;
  for (let round = 0; round < mostRounds && wasStolen; round += 1) {
    const before = stolenTicks();
    took = await takeTurns(turn);
    wasStolen = stolenTicks() > before;
  }
  const at = (part: number) => took[Math.floor(took.length * part)] ?? Number.POSITIVE_INFINITY;
  return { least: at(0), middle: at(0.5), p95: at(0.95), wasStolen };
}

type Place = { database: Database; api: Api; end: number };

const iso = (milliseconds: number) => new Date(milliseconds).toISOString();

/** Pages that begin anywhere in the newer half of a range of so many days, as when a person pages on. */
async function measurePages({ database, api, end }: Place, text: string, days: number) {
  const query = parseEventQuery(text);
  const from = end - days * day;
  const anywhere = () => Math.floor(end - Math.random() * Math.min(days, 10) * day * 0.5);
  const page = { place: undefined, fetch: 51, now: end };
  return {
    sql: await time(() =>
      findEvents(database, heavyUser, { query, range: { from, to: anywhere() } }, page),
    ),
    api: await time(() =>
      api("events.search", { query: text, from: iso(from), to: iso(anywhere()), limit: 50 }),
    ),
  };
}

async function measureChart(
  { database, api, end }: Place,
  text: string,
  by: (typeof dimensions)[number],
) {
  const query = parseEventQuery(text);
  const anyRange = () => {
    const to = end - Math.floor(Math.random() * day);
    return { from: to - 29 * day, to };
  };
  return {
    sql: await time(() => {
      const asked = { userId: heavyUser, query, range: anyRange(), by: [by], now: end };
      const counting = { ...asked, step: day / 4 };
      return countReads(database, counting).execute(chartStatement(counting, true));
    }),
    api: await time(() => {
      const { from, to } = anyRange();
      const range = { from: iso(from), to: iso(to), interval: "6h" };
      return api("events.timeseries", { query: text, by, ...range });
    }),
  };
}

const tell = (text: string, { sql, api }: Measured[string]) => {
  const words = ({ least, middle, p95 }: Times) =>
    [least, middle, p95].map((one) => one.toFixed(1)).join(" / ");
  console.log(`${text}: ${words(sql)}; API ${words(api)}`);
};

/** `pages`, `terms` or `charts`, over all or over those whose text has `part` in it. */
export async function measure(
  folder: string,
  name: string,
  set: string,
  part = "",
): Promise<Measured> {
  const { owner, facts, connections, stop } = await openScratch(folder, name);
  const database = openDatabase(connections);
  // While the password is still the one above: the server gives the role another.
  const { searches, quickSearches } = database;
  for (const open of [searches, quickSearches]) await open({ userId: heavyUser }).execute("select");
  const all = { query: parseEventQuery(""), range: { from: 0, to: day } };
  await findEvents(database, heavyUser, all, { place: undefined, fetch: 1, now: day });
  const { api, close } = await openApi(facts, owner);
  const [row] = await owner`
    select max(occurred_at) as newest from events where user_id = ${heavyUser}`;
  const place = { database, api, end: new Date(row?.newest).getTime() + 1 };
  const measured: Measured = {};
  const note = (text: string, found: Measured[string]) => {
    measured[text] = found;
    tell(text, found);
  };
  const asked = (texts: readonly string[]) => texts.filter((text) => text.includes(part));
  if (set === "charts") {
    for (const text of asked(charts))
      for (const by of dimensions)
        note(`${text || "all"} by ${by}`, await measureChart(place, text, by));
  } else {
    for (const text of asked(set === "pages" ? pages : terms))
      for (const days of [1, 30])
        note(`${text || "all"} in ${days} d`, await measurePages(place, text, days));
  }
  await close();
  await database.close();
  await stop();
  return measured;
}
