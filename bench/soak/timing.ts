/**
 * `pnpm soak:timing`: the long form of the test that sign-in takes as long for an unknown account as for
 * a known one, 200 interleaved pairs, written to TIMING.md here. For a machine that does nothing else.
 */
import { spawnSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const pairs = 200;
const directory = await mkdtemp(join(tmpdir(), "muniment-timing-"));
try {
  const file = join(directory, "area.json");
  const load = (loadavg()[0] ?? 0).toFixed(1);
  const test = ["apps/api/test/sign-in.test.ts", "-t", "takes as long for an unknown account"];
  const { status } = spawnSync("npx", ["vitest", "run", ...test], {
    cwd: fileURLToPath(new URL("../..", import.meta.url)),
    stdio: "inherit",
    env: { ...process.env, TIMING_PAIRS: String(pairs), TIMING_FILE: file },
  });
  const area: number = JSON.parse(await readFile(file, "utf8"));
  const text = [
    "# How long sign-in takes for accounts that exist, and that do not",
    "",
    `\`pnpm soak:timing\` on ${cpus().length} cores, Node.js ${process.version}, the embedded PostgreSQL, ` +
      `${new Date().toISOString().slice(0, 10)}, at a load of ${load} before: ${pairs} interleaved pairs of sign-ins ` +
      "with a wrong password, one to an account that exists and one to an address that has none.",
    "",
    `Area under the curve: ${area.toFixed(3)}. At 0.5 the time tells nothing; wanted is 0.4 to 0.6.`,
    "",
  ];
  await writeFile(new URL("TIMING.md", import.meta.url), text.join("\n"));
  process.exitCode = status ?? 1;
} finally {
  await rm(directory, { recursive: true, force: true });
}
