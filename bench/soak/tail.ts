/**
 * `pnpm soak:tail [disconnects] [events a second]`: the long form of a test in
 * `apps/api/test/events-tail.test.ts`, 200 disconnects at 500 events a second unless told otherwise,
 * written to TAIL.md here.
 */
import { spawnSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const [disconnects = "200", perSecond = "500"] = process.argv.slice(2);
const directory = await mkdtemp(join(tmpdir(), "muniment-tail-"));
const report = join(directory, "report.json");
const { status } = spawnSync(
  "npx",
  ["vitest", "run", "apps/api/test/events-tail.test.ts", "-t", "over .* disconnects"],
  {
    cwd: fileURLToPath(new URL("../..", import.meta.url)),
    stdio: "inherit",
    env: {
      ...process.env,
      TAIL_DISCONNECTS: disconnects,
      TAIL_PER_SECOND: perSecond,
      TAIL_REPORT: report,
    },
  },
);
const done = status === 0 ? JSON.parse(await readFile(report, "utf8")) : undefined;
await rm(directory, { recursive: true, force: true });
const text = [
  "# A live tail that is cut off",
  "",
  `\`pnpm soak:tail ${disconnects} ${perSecond}\` on ${cpus().length} cores, Node.js ${process.version}, the embedded PostgreSQL, load average ${loadavg()[1]?.toFixed(1)}, ${new Date().toISOString().slice(0, 10)}: ` +
    (done
      ? `a tail was cut off ${disconnects} times and resumed from its last id while ${Math.round(done.perSecond)} events a second were sent, ${done.events} in all. Every event came once, in the order of commits.`
      : "**failed**."),
  "",
].join("\n");
await writeFile(new URL("TAIL.md", import.meta.url), text);
process.exitCode = status ?? 1;
