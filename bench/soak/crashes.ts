/**
 * `pnpm soak:crashes [instants]`: the long form of `apps/api/test/killed.test.ts`. Kills
 * (SIGKILL) the API or PostgreSQL at random instants, 25 unless told otherwise, while four senders send
 * batches of 20, each again until it is receipted, and then looks whether every receipted event exists
 * exactly once and the counters are true. Writes CRASHES.md here; ends with 1 when anything is wrong or
 * one restart took longer than 5 s.
 */
import { randomInt } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { cpus, loadavg } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { createApiProcess } from "../../apps/api/test/api-process.ts";
import { problemsOf, sendSteadily } from "../../apps/api/test/steady-senders.ts";

const mostReadyMilliseconds = 5000;
const instants = Number(process.argv[2] ?? 25);
const api = await createApiProcess();
const times = { API: [] as number[], PostgreSQL: [] as number[] };

/** Until the end of PostgreSQL is noticed, the old state is still told. */
async function untilAway(): Promise<void> {
  const from = performance.now();
  while (performance.now() - from < 1000) {
    const answer = await fetch(`${api.url}/readyz`).catch(() => null);
    if (answer?.status !== 200) return;
    await sleep(5);
  }
}

try {
  await api.start();
  const { key } = await api.setUp();
  const senders = sendSteadily(api.url, key);
  for (let instant = 0; instant < instants; instant += 1) {
    await sleep(randomInt(200, 1500));
    const what = randomInt(2) === 0 ? "API" : "PostgreSQL";
    const from = performance.now();
    if (what === "API") {
      await api.kill();
      await api.start();
    } else {
      process.kill(await api.postmaster(), "SIGKILL");
      await untilAway();
      await api.untilReady();
    }
    const took = performance.now() - from;
    times[what].push(took);
    console.log(`${instant + 1}: ${what}, ready after ${Math.round(took)} ms`);
  }
  await senders.stop();
  const { receipted, refusals } = senders;
  const sql = await api.connect();
  const wrong = await problemsOf(sql, receipted);
  await sql.end({ timeout: 2 });
  const line = (what: keyof typeof times) => {
    const sorted = times[what].toSorted((a, b) => a - b);
    const shown = [sorted[Math.floor(sorted.length / 2)], sorted.at(-1)];
    const cells = shown.map((time) => (time === undefined ? "-" : `${Math.round(time)} ms`));
    return `| ${what} | ${sorted.length} | ${cells.join(" | ")} |`;
  };
  const text = `# Crash runs: results

\`pnpm soak:crashes ${instants}\` on ${cpus().length} cores, Node.js ${process.version}, the embedded PostgreSQL, load average ${loadavg()[1]?.toFixed(1)}, ${new Date().toISOString().slice(0, 10)}.

| killed | times | ready again after (median) | longest |
|---|---|---|---|
${line("API")}
${line("PostgreSQL")}

${receipted.length} events were receipted. Refused meanwhile, and sent again: ${[...refusals].map(([what, count]) => `${count} × ${what}`).join(", ") || "nothing"}. ${wrong.length === 0 ? "Every receipted event exists exactly once, in its receipt too; counters and charts say the same." : `**Wrong**: ${wrong.join("; ")}.`}
`;
  await writeFile(new URL("CRASHES.md", import.meta.url), text);
  console.log(text);
  const longest = Math.max(...times.API, ...times.PostgreSQL);
  process.exitCode = wrong.length === 0 && longest <= mostReadyMilliseconds ? 0 : 1;
} finally {
  await api.stop();
}
