// Runs every test there is. What this machine lacks is named, with the command that installs it;
// with CI=true a suite that cannot run is a failure.
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { debianPostgres } from "./debian-postgres.mjs";
import { mayMount } from "./may-mount.mjs";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const bin = (name) => join(root, "node_modules/.bin", name);
const onPath = (names) =>
  names.some((name) =>
    (process.env.PATH ?? "").split(delimiter).some((part) => existsSync(join(part, name))),
  );

const everyoneReaches = (directory) =>
  (statSync(directory).mode & 0o001) !== 0 &&
  (dirname(directory) === directory || everyoneReaches(dirname(directory)));

const needs = [
  {
    suite: "browser tests",
    present: process.env.CHROMIUM_PATH
      ? existsSync(process.env.CHROMIUM_PATH)
      : onPath(["chromium", "chromium-browser", "google-chrome"]),
    install: "apt-get install -y chromium",
  },
  {
    suite: "external PostgreSQL tests",
    present: debianPostgres() !== undefined,
    install: "apt-get install -y postgresql",
  },
  {
    suite: "virus scanner tests",
    present: ["/usr/sbin/clamd", "/usr/local/sbin/clamd"].some((path) => existsSync(path)),
    install: "apt-get install -y clamav-daemon",
  },
  {
    suite: "Redis limiter tests",
    present: onPath(["redis-server"]),
    install: "apt-get install -y redis-server",
  },
];
const missing = needs.filter(({ present }) => !present);
for (const { suite, install } of missing) console.log(`Not run: ${suite}. To run them: ${install}`);
if (missing.length > 0 && process.env.CI === "true") {
  console.log("With CI=true every suite must run.");
  process.exit(1);
}

// What has no meaning for this user is absent from the run rather than skipped.
if (process.getuid?.() !== 0) {
  console.log(
    "Not for this user: the tests of a start as root. To run them: sudo npx -y pnpm test",
  );
} else if (!everyoneReaches(root)) {
  console.log("Not in this place: the test that root takes over the database of an ordinary user,");
  console.log("who cannot reach this checkout. To run it: clone the project below /opt or /tmp");
}
if (!mayMount()) {
  console.log("Not for this user: the tests of a full disk, which mount a small one. To run them:");
  console.log(
    "be root, in a container with --cap-add SYS_ADMIN --security-opt apparmor=unconfined",
  );
}

function run(title, command, args, env = {}) {
  console.log(`\n== ${title}`);
  const { status } = spawnSync(command, args, {
    cwd: root,
    stdio: "inherit",
    env: { ...process.env, ...env },
  });
  return status === 0;
}

const results = [
  run("format and lint", bin("biome"), ["ci", "."]),
  run("types", bin("tsc"), ["-p", "tsconfig.json"]),
  run("types of the SPA", bin("tsc"), ["-p", "apps/web/tsconfig.json"]),
  run("unused code and dependencies", bin("knip"), ["--no-progress"]),
];

const directory = mkdtempSync(join(tmpdir(), "muniment-report-"));
const report = join(directory, "report.json");
const passed = run("tests", bin("vitest"), [
  "run",
  "--reporter=default",
  "--reporter=json",
  `--outputFile.json=${report}`,
]);
const totals = existsSync(report)
  ? JSON.parse(readFileSync(report, "utf8"))
  : { numPassedTests: 0, numFailedTests: 0, numPendingTests: 0, numTodoTests: 0 };
rmSync(directory, { recursive: true, force: true });

const skipped = totals.numPendingTests + totals.numTodoTests;
const skippedInCi = process.env.CI === "true" && skipped > 0;
if (skippedInCi) console.log("With CI=true a skipped test is a failure.");
const checks = results.filter(Boolean).length;
console.log(`\nChecks: ${checks} passed, ${results.length - checks} failed`);
console.log(
  `Tests: ${totals.numPassedTests} passed, ${totals.numFailedTests} failed, ${skipped} skipped`,
);
process.exit(results.every(Boolean) && passed && !skippedInCi ? 0 : 1);
