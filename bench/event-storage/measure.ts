import { chartStatement } from "../../apps/api/src/features/events/chart-statement.ts";
import { pageStatement } from "../../apps/api/src/features/events/page-statement.ts";
import { type Database, openDatabase } from "../../packages/db/src/database.ts";
import { parseEventQuery } from "../../packages/shared/src/event-query/parse.ts";
import { heavyUser } from "./generate.ts";
import { openScratch } from "./scratch.ts";

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
  '"kernel panic"',
  '"no such text"',
  "props.rare:true",
  "props.latency>50000",
  "props.user:user4999",
  "props.request.status:500",
  "props.request.ms>499",
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
    const searches = database.searches({ userId: heavyUser });
    return pageStatement(searches, heavyUser, { query, range }, undefined, 51);
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

const [folder = "", ...names] = process.argv.slice(2);
for (const name of names) {
  const { owner, connections, stop } = await openScratch(folder, name);
  const database = openDatabase(connections);
  const [row] =
    await owner`select max(occurred_at) as newest from events where user_id = ${heavyUser}`;
  const end = new Date(row?.newest).getTime() + 1;
  console.log(`\n${name}: pages of 50, ms least / p50 / p95, over 24 h; over 30 days`);
  for (const text of pages) {
    const turns = [1, 30].map((days) => page(database, text, end, days));
    const results = [];
    for (const turn of turns) results.push(await time(turn, 60));
    console.log(`${text || "(none)"}: ${results.join("; ")}`);
  }
  console.log("30-day charts of 6 h");
  for (const text of charts) {
    for (const by of ["level", "type", "agentId"] as const) {
      console.log(
        `${text || "(none)"} by ${by}: ${await time(chart(database, text, by, end), 60)}`,
      );
    }
  }
  await database.close();
  await stop();
}
