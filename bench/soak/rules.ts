/**
 * `pnpm soak:rules [seconds] [text]`: takes each rule of `rule-list.ts` out of the code, one at a time,
 * runs its test, expects it to fail, and puts the rule back. What came of it is written to RULES.md
 * here after each; it stops when the seconds are over, and goes on from that file when it is called
 * again. With a text it runs the rules that hold it, once more.
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Rule, rules } from "./rule-list.ts";

const until = Date.now() + Number(process.argv[2] ?? 86_400) * 1000;
const wanted = process.argv[3];
const root = fileURLToPath(new URL("../..", import.meta.url));
const results = fileURLToPath(new URL("RULES.md", import.meta.url));
const escaped = (text: string) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");

const outcomes = new Map<string, string>();
const row = /^\| (?<rule>[^|]+) \| [^|]+ \| [^|]+ \| (?<outcome>[^|]+) \|$/gm;
for (const { groups } of (await readFile(results, "utf8").catch(() => "")).matchAll(row))
  if (groups?.rule && groups.outcome) outcomes.set(groups.rule, groups.outcome);

function write() {
  const lines = rules.map(({ rule, file, test }) => {
    const outcome = outcomes.get(rule) ?? "not run";
    return `| ${rule} | \`${file}\` | \`${test}\` | ${outcome} |`;
  });
  const text = [
    "# Rules taken out",
    "",
    "`pnpm soak:rules`: each rule was taken out of the code as `rule-list.ts` says, and its test run. Where that fails, the rule is held; the others were not tried yet.",
    "",
    "| rule | stands in | test | without it |",
    "| --- | --- | --- | --- |",
    ...lines,
    "",
  ];
  writeFileSync(results, text.join("\n"));
}

let running: ChildProcess | undefined;
let restore = () => {};
for (const signal of ["SIGINT", "SIGTERM"] as const)
  process.on(signal, () => {
    restore();
    running?.kill("SIGKILL");
    process.exit(1);
  });

type Report = { numFailedTests: number; numPassedTests: number };

/** Runs the tests of a name in a file. @throws Error when none ran */
async function runTest({ test, name }: Rule, directory: string): Promise<Report> {
  const report = join(directory, "report.json");
  const options = ["--reporter=json", `--outputFile=${report}`, "-t", escaped(name)];
  const child = spawn("npx", ["vitest", "run", test, ...options], { cwd: root, stdio: "ignore" });
  running = child;
  await new Promise((resolve) => child.once("exit", resolve));
  const counts: Report = JSON.parse(await readFile(report, "utf8"));
  await rm(report);
  if (counts.numFailedTests + counts.numPassedTests === 0)
    throw new Error(`${test}: ${name}: none`);
  return counts;
}

async function tryWithout(rule: Rule, directory: string): Promise<string> {
  const { file, code, without } = rule;
  const path = join(root, file);
  execFileSync("git", ["diff", "--quiet", "--", file], { cwd: root });
  const text = readFileSync(path, "utf8");
  restore = () => writeFileSync(path, text);
  try {
    writeFileSync(
      path,
      text.replace(code, () => without),
    );
    const { numFailedTests } = await runTest(rule, directory);
    return numFailedTests > 0 ? "fails" : "**passes**";
  } finally {
    restore();
    restore = () => {};
  }
}

const directory = await mkdtemp(join(tmpdir(), "muniment-rules-"));
try {
  for (const rule of rules) {
    if (Date.now() > until) break;
    const isDue = wanted ? rule.rule.includes(wanted) : outcomes.get(rule.rule) !== "fails";
    if (!isDue) continue;
    const outcome = await tryWithout(rule, directory).catch((error: Error) => error.message);
    outcomes.set(rule.rule, outcome.split("\n")[0] ?? "");
    process.stdout.write(`${outcome}: ${rule.rule}\n`);
    write();
  }
} finally {
  await rm(directory, { recursive: true, force: true });
}
process.exitCode = rules.every(({ rule }) => outcomes.get(rule) === "fails") ? 0 : 1;
