/**
 * `npx tsx bench/soak/races.ts [races]`: the long form of `apps/api/test/single-use-races.test.ts`,
 * 1,000 races of 50 parallel uses for each kind of single-use token, written to RESULTS.md here.
 */

import { spawnSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

type Report = {
  testResults: { assertionResults: { title: string; status: string; duration: number }[] }[];
};

const races = Number(process.argv[2] ?? 1000);
const root = fileURLToPath(new URL("../..", import.meta.url));
const directory = await mkdtemp(join(tmpdir(), "muniment-races-"));
try {
  const report = join(directory, "report.json");
  const file = "apps/api/test/single-use-races.test.ts";
  const { status } = spawnSync(
    "npx",
    ["vitest", "run", file, "--reporter=default", "--reporter=json", `--outputFile.json=${report}`],
    { cwd: root, stdio: "inherit", env: { ...process.env, RACES: String(races) } },
  );
  const { testResults } = JSON.parse(await readFile(report, "utf8")) as Report;
  const lines = testResults
    .flatMap(({ assertionResults }) => assertionResults)
    .map(({ title, status: outcome, duration }) => {
      const kind = title.replace(/^.*counts: /, "").replace(/ \(V.*$/, "");
      const double = outcome === "passed" ? "0" : "**see the log**";
      return `| ${kind} | ${races} | ${races * 50} | ${double} | ${Math.round(duration / 1000)} |`;
    });
  const text = [
    "# Results",
    "",
    `\`npx tsx bench/soak/races.ts\` on ${cpus().length} cores, Node.js ${process.version}, the embedded PostgreSQL, ` +
      `${new Date().toISOString().slice(0, 10)}. Each race is 50 transactions at once on one token; ` +
      "a use is double when a second one was worth something else than the first.",
    "",
    "| kind of token | races | uses | double or lost uses | seconds |",
    "|---|---|---|---|---|",
    ...lines,
    "",
  ].join("\n");
  await writeFile(new URL("RESULTS.md", import.meta.url), text);
  process.exitCode = status ?? 1;
} finally {
  await rm(directory, { recursive: true, force: true });
}
