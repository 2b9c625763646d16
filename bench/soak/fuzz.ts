/**
 * `pnpm soak:fuzz [events] [seconds]`: the long form of `apps/api/test/events-fuzz.test.ts`, a million
 * generated events unless told otherwise, in rounds of another seed each, counted in FUZZ.md here after
 * each. It stops when the seconds are over and goes on from that file when it is called again.
 */
import { spawnSync } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";

const wanted = Number(process.argv[2] ?? 1_000_000);
const until = Date.now() + Number(process.argv[3] ?? 86_400) * 1000;
const eventsOfRound = 20_000;
const root = fileURLToPath(new URL("../..", import.meta.url));
const results = new URL("FUZZ.md", import.meta.url);

const known = await readFile(results, "utf8").catch(() => "");
const [, rounds = "0", wrong = "0"] = /(\d+) rounds, (\d+) of them failed/.exec(known) ?? [];
let [run, failed] = [Number(rounds), Number(wrong)];

const text = () =>
  [
    "# Generated events",
    "",
    `\`pnpm soak:fuzz\` on ${cpus().length} cores, Node.js ${process.version}, the embedded PostgreSQL, ${new Date().toISOString().slice(0, 10)}: ` +
      `${run} rounds, ${failed} of them failed, of ${eventsOfRound} events each, ${run * eventsOfRound} of ${wanted} wanted. ` +
      "A round fails when an answer is no receipt, when a receipt or counter does not add up, or when an event is neither refused by itself nor stored exactly as it was sent. Batches take turns over tRPC, its batches, REST and as calls answered from the bytes of their connection.",
    "",
  ].join("\n");

while (run * eventsOfRound < wanted && Date.now() < until) {
  const { status } = spawnSync(
    "npx",
    ["vitest", "run", "apps/api/test/events-fuzz.test.ts", "-t", "each is stored exactly"],
    {
      cwd: root,
      stdio: "inherit",
      env: { ...process.env, FUZZ_EVENTS: String(eventsOfRound), FUZZ_SEED: String(run + 2) },
    },
  );
  run += 1;
  if (status !== 0) failed += 1;
  await writeFile(results, text());
}
process.exitCode = failed === 0 ? 0 : 1;
