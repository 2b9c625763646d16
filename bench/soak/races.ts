/**
 * `pnpm soak:races [races] [seconds]`: the long form of `apps/api/test/single-use-races.test.ts`,
 * 1,000 races of 50 parallel uses for each kind of single-use token, in rounds, written to RESULTS.md
 * here after each. It stops when the seconds are over and goes on from that file when it is called again.
 */

import { spawnSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

type Report = {
  testResults: { assertionResults: { title: string; status: string; duration: number }[] }[];
};
/** What is known of one kind of token. */
type Line = { races: number; failed: number; seconds: number };

const wanted = Number(process.argv[2] ?? 1000);
const until = Date.now() + Number(process.argv[3] ?? 86_400) * 1000;
const races = 50;
const root = fileURLToPath(new URL("../..", import.meta.url));
const results = new URL("RESULTS.md", import.meta.url);

const lines = new Map<string, Line>();
const row = /^\| (?<kind>[^|]+) \| (?<races>\d+) \| \d+ \| (?<failed>\d+) \| (?<seconds>\d+) \|$/gm;
for (const { groups } of (await readFile(results, "utf8").catch(() => "")).matchAll(row)) {
  const known = { races: groups?.races, failed: groups?.failed, seconds: groups?.seconds };
  const { races: run, failed, seconds } = known;
  lines.set(groups?.kind ?? "", {
    races: Number(run),
    failed: Number(failed),
    seconds: Number(seconds),
  });
}

const text = () =>
  [
    "# Results",
    "",
    `\`pnpm soak:races\` on ${cpus().length} cores, Node.js ${process.version}, the embedded PostgreSQL, ` +
      `${new Date().toISOString().slice(0, 10)}, in rounds of ${races}. Each race is 50 uses at once of one token, ` +
      "each in a transaction of its own; a round fails when in any of its races a second use was worth something " +
      "else than the first, or none was worth anything.",
    "",
    "| kind of token | races | uses | rounds that failed | seconds |",
    "| --- | --- | --- | --- | --- |",
    ...[...lines].map(
      ([kind, { races: run, failed, seconds }]) =>
        `| ${kind} | ${run} | ${run * 50} | ${failed} | ${seconds} |`,
    ),
    "",
  ].join("\n");

/** One round of every kind that has not had its races yet; false when there is none. */
async function round(directory: string): Promise<boolean> {
  const done = [...lines].filter(([, line]) => line.races >= wanted).map(([kind]) => kind);
  const report = join(directory, "report.json");
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
  const file = "apps/api/test/single-use-races.test.ts";
  const { status } = spawnSync("npx", ["vitest", "run", file, ...reporters], {
    cwd: root,
    stdio: "inherit",
    env: { ...process.env, RACES: String(races), RACES_DONE: done.join(",") },
  });
  const { testResults } = JSON.parse(await readFile(report, "utf8")) as Report;
  const run = testResults
    .flatMap(({ assertionResults }) => assertionResults)
    .filter(({ status: outcome }) => outcome === "passed" || outcome === "failed");
  for (const { title, status: outcome, duration } of run) {
    const kind = title.replace(/^.*counts: /, "").replace(/ \(V.*$/, "");
    const known = lines.get(kind) ?? { races: 0, failed: 0, seconds: 0 };
    lines.set(kind, {
      races: known.races + races,
      failed: known.failed + (outcome === "passed" ? 0 : 1),
      seconds: known.seconds + Math.round(duration / 1000),
    });
  }
  await writeFile(results, text());
  if (status !== 0 && run.length > 0) process.exitCode = 1;
  return run.length > 0;
}

const directory = await mkdtemp(join(tmpdir(), "muniment-races-"));
try {
  while (Date.now() < until && (await round(directory)));
} finally {
  await rm(directory, { recursive: true, force: true });
}
