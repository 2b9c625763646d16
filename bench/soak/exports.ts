/**
 * `pnpm soak:export [rows] [minutes]`: the long form of the bench's export, 10 million rows unless it is said
 * otherwise, over HTTP to a reader that checks the digest. What it took, and how the memory of the API
 * process grew meanwhile, goes into EXPORTS.md here, a line for each number of rows. It says how far it
 * is, and ends after so many minutes at most (60), leaving nothing; 10 million rows take about 8 GB of disk
 * meanwhile.
 */
import { readFile, writeFile } from "node:fs/promises";
import { cpus, loadavg } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { ensureBuild } from "../../scripts/build.mjs";
import { copyRows, fillEvents, ownerOf, takeExport } from "../exports.ts";
import { residentMegabytes } from "../rows.ts";
import { type Bench, startBench } from "../servers.ts";
import { email, password, signUpFirst } from "../signed-in-query.ts";

const rows = Number(process.argv[2] ?? 10_000_000);
const mostMilliseconds = Number(process.argv[3] ?? 60) * 60_000;
const results = new URL("EXPORTS.md", import.meta.url);
const head = [
  "# Long exports",
  "",
  "`pnpm soak:export <rows>`: one export as NDJSON over HTTP, to a reader that checks its digest, and " +
    "PostgreSQL's own `COPY` of the same rows to `/dev/null` before it. The memory is the resident one of the " +
    "API process, after one export of 10,000 rows and at its highest while the long one runs (target: under 100 MB more).",
  "",
  "| rows | events/s | of COPY | longest transaction | memory before | at most | more | machine | on |",
  "|---|---|---|---|---|---|---|---|---|",
];

const say = (text: string) =>
  process.stderr.write(`${Math.round(performance.now() / 1000)} s: ${text}\n`);

/** Watches the memory of the product, and how long any of its searches holds back the oldest transaction. */
async function watch(bench: Bench, signal: AbortSignal) {
  const sql = ownerOf(bench);
  const most = { megabytes: 0, milliseconds: 0 };
  for (let turn = 0; !signal.aborted; turn += 1) {
    if (turn % 200 === 199) {
      const [known] = await sql`select rows from event_exports where status = 'running'`;
      say(`${known?.rows ?? 0} rows exported, at most ${Math.round(most.megabytes)} MB`);
    }
    most.megabytes = Math.max(most.megabytes, residentMegabytes(bench.product.pid));
    const [row] = await sql<{ age: number }[]>`
      select coalesce(max(extract(epoch from clock_timestamp() - xact_start)), 0)::float8 * 1000 as age
      from pg_stat_activity where application_name = 'muniment-rows' and state <> 'idle'`;
    most.milliseconds = Math.max(most.milliseconds, row?.age ?? 0);
    await sleep(50);
  }
  await sql.end();
  return most;
}

/** An export wants a password of the last five minutes, and to make the rows may take longer. */
async function signInAgain({ product }: Bench): Promise<string> {
  const response = await fetch(`${product.origin}/trpc/auth.signIn`, {
    method: "POST",
    headers: { "content-type": "application/json", origin: product.origin },
    body: JSON.stringify({ email, password }),
  });
  return response.headers.getSetCookie()[0]?.split(";")[0] ?? "";
}

const bench = await startBench(await ensureBuild());
const giveUp = (why: string) => {
  say(why);
  void bench.stop().finally(() => process.exit(1));
};
const tooLate = setTimeout(giveUp, mostMilliseconds, "it takes too long");
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, giveUp);
try {
  const user = await signUpFirst(bench);
  await fillEvents(bench, user, rows, (stored) => say(`${stored} of ${rows} rows stored`));
  const cookie = await signInAgain(bench);
  await takeExport(bench, cookie, Math.min(rows, 10_000));
  const before = residentMegabytes(bench.product.pid);
  const load = loadavg()[0] ?? 0;
  const plain = await copyRows(bench, user.userId, rows);
  say(`COPY writes ${Math.round(plain)} rows a second`);
  const over = new AbortController();
  const watching = watch(bench, over.signal);
  const { milliseconds } = await takeExport(bench, cookie, rows, true);
  over.abort();
  const most = await watching;
  const rate = (rows * 1000) / milliseconds;
  const number = (value: number) => Math.round(value).toLocaleString("en");
  const machine = `${cpus().length} cores, load ${load.toFixed(1)}, Node.js ${process.version}`;
  const line = `| ${number(rows)} | ${number(rate)} | ${number((100 * rate) / plain)} % | ${number(most.milliseconds)} ms | ${number(before)} MB | ${number(most.megabytes)} MB | **${number(most.megabytes - before)} MB** | ${machine} | ${new Date().toISOString().slice(0, 10)} |`;
  const known = (await readFile(results, "utf8").catch(() => "")).split("\n").slice(head.length);
  const others = known.filter((one) => one !== "" && !one.startsWith(`| ${number(rows)} |`));
  await writeFile(results, `${[...head, ...others, line].join("\n")}\n`);
  console.log(line);
} finally {
  clearTimeout(tooLate);
  await bench.stop();
}
