import { chartStatement } from "../../apps/api/src/features/events/chart-statement.ts";
import { findEvents } from "../../apps/api/src/features/events/find-events.ts";
import { type Database, openDatabase } from "../../packages/db/src/database.ts";
import { parseEventQuery } from "../../packages/shared/src/event-query/parse.ts";
import { heavyUser, openScratch } from "./scratch.ts";

const day = 86_400_000;
const pages = [
  "",
  "agent:00000000-0000-7000-9000-000000000000",
  "agent:00000000-0000-7000-9000-000000000007",
  "type:http.request",
  "type:disk.full",
  "type:ssh.*",
  "type:disk.*",
  "type:disk.full OR type:mail.sent",
  "level:critical",
  "level>=error",
  "subject:user:17",
  "subject:user:4999",
  "trace:c4ca4238a0b923820dcc509a6f75849b",
];
/** Those that chunks say where to look for; the first agent has no events. */
const terms = [
  "agent:00000000-0000-7000-9000-00000000ffff",
  '"kernel panic"',
  '"no such text"',
  "props.rare:true",
  "props.latency>50000",
  "props.user:user4999",
  "props.request.status:500",
  "props.request.ms>499",
  "props.request.id:0123456789abcdef",
];
const charts = ["", "type:ssh.*", "agent:00000000-0000-7000-9000-000000000003", "level>=warn"];

type Turn = () => Promise<unknown>;

/** Milliseconds of the turns of a statement after two that do not count: the least, the middle, and the 95th of 100. */
async function time(turn: Turn, turns: number): Promise<string> {
  const took: number[] = [];
  for (let n = -2; n < turns; n += 1) {
    const started = performance.now();
    try {
      await turn();
    } catch (error) {
      return `over: ${String((error as Error).cause ?? error).slice(0, 60)}`;
    }
    const milliseconds = performance.now() - started;
    if (milliseconds > 1500) return `${milliseconds.toFixed(0)} (once)`;
    if (n >= 0) took.push(milliseconds);
  }
  took.sort((a, b) => a - b);
  const at = (part: number) => (took[Math.floor(took.length * part)] ?? 0).toFixed(1);
  return `${at(0)} / ${at(0.5)} / ${at(0.95)}`;
}

function page(database: Database, text: string, end: number, days: number): Turn {
  const query = parseEventQuery(text);
  return () => {
    // Anywhere in the newer half of the range, as a person pages on.
    const to = end - Math.random() * Math.min(days, 10) * day * 0.5;
    const range = { from: end - days * day, to };
    const page = { after: undefined, at: undefined, fetch: 51, now: end };
    return findEvents(database, heavyUser, { query, range }, page);
  };
}

function chart(
  database: Database,
  text: string,
  by: "level" | "type" | "agentId",
  end: number,
): Turn {
  const query = parseEventQuery(text);
  return () => {
    const to = end - Math.floor(Math.random() * day);
    const range = { from: to - 29 * day, to };
    const counting = { userId: heavyUser, query, range, by: [by], step: day / 4, now: end };
    return database.searches({ userId: heavyUser }).execute(chartStatement(counting, true));
  };
}

async function measurePages(database: Database, end: number, texts: readonly string[]) {
  console.log("pages of 50, ms least / p50 / p95, over 24 h; over 30 days");
  for (const text of texts) {
    const results = [];
    for (const days of [1, 30]) results.push(await time(page(database, text, end, days), 60));
    console.log(`${text || "(none)"}: ${results.join("; ")}`);
  }
}

async function measureCharts(database: Database, end: number) {
  console.log("29-day charts of 6 h, ms least / p50 / p95");
  for (const text of charts) {
    for (const by of ["level", "type", "agentId"] as const) {
      const turn = chart(database, text, by, end);
      console.log(`${text || "(none)"} by ${by}: ${await time(turn, 60)}`);
    }
  }
}

/** `tsx bench/event-storage/measure.ts <folder> <database> [pages] [terms] [charts]` */
const [folder = "", name = "", ...sets] = process.argv.slice(2);
const { owner, connections, stop } = await openScratch(folder, name);
const database = openDatabase(connections);
const [row] = await owner`
  select max(occurred_at) as newest from events where user_id = ${heavyUser}`;
const end = new Date(row?.newest).getTime() + 1;
if (sets.includes("pages")) await measurePages(database, end, pages);
if (sets.includes("terms")) await measurePages(database, end, terms);
if (sets.includes("charts")) await measureCharts(database, end);
await database.close();
await stop();
