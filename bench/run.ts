/**
 * `pnpm bench`: each row against a plain server in the same run, written to bench/RESULTS.md.
 * `pnpm bench ingest tail` measures just these parts and keeps what was found for the others.
 */
import { readFile, writeFile } from "node:fs/promises";
import { cpus, totalmem } from "node:os";
import { ensureBuild } from "../scripts/build.mjs";
import { anomalyScores } from "./anomalies.ts";
import { append } from "./audit-log/append.ts";
import { mutation } from "./audit-log/mutation.ts";
import { proof } from "./audit-log/proof.ts";
import { sealing } from "./audit-log/sealing.ts";
import { verifier } from "./audit-log/verifier.ts";
import { queryBeside, signInBeside } from "./better-auth.ts";
import { exportEvents } from "./exports.ts";
import { importFile } from "./imports.ts";
import { ingestBatches, ingestSingles } from "./ingest.ts";
import { queryWithoutDatabase } from "./query-without-database.ts";
import type { Part, Row } from "./rows.ts";
import { startBench } from "./servers.ts";
import { addUsers, signIn } from "./sign-in.ts";
import { signInBurst } from "./sign-in-burst.ts";
import { signedInQuery, signInFirst, signUpFirst } from "./signed-in-query.ts";
import { tailFanOut } from "./tail.ts";
import { webhookDeliveries } from "./webhooks.ts";

const parts: Record<string, Part> = {
  ingest: ingestBatches,
  singles: ingestSingles,
  imports: importFile,
  exports: exportEvents,
  tail: tailFanOut,
  query: async (bench, user) => ({ row: await signedInQuery(bench, user) }),
  bare: async (bench, user) => ({ row: await queryWithoutDatabase(bench, user) }),
  anomalies: anomalyScores,
  mutation,
  append,
  sealing,
  verifier,
  proof,
  webhooks: webhookDeliveries,
  async signIn(bench, user) {
    const people = await addUsers(bench, 200);
    const row = await signIn(bench, people);
    return { row, note: await signInBurst(bench, user, people.emails) };
  },
  signInBeside: async (bench) => ({ row: await signInBeside(bench) }),
  queryBeside: async (bench, user) => ({ row: await queryBeside(bench, user) }),
};

type Known = Record<string, Awaited<ReturnType<Part>> & { on: string }>;

const number = (value: number) => Math.round(value).toLocaleString("en");

const percent = (share: number) => Math.round(100 * share);

const line = (row: Row, on: string) => {
  const { name, unit, ours, plain, target, note, spread, stolen } = row;
  const pairs = spread ? `${percent(spread[0])} to ${percent(spread[1])} %` : "";
  const taken = stolen === undefined ? "" : `${(100 * stolen).toFixed(1)} %`;
  return `| ${name} | ${number(ours)} ${unit} | ${number(plain)} ${unit} | **${percent(ours / plain)} %** | ${pairs} | ${taken} | ${target ? `${target} %` : ""} | ${note} | ${on} |`;
};

function textOf(known: Known): string {
  const measured = Object.keys(parts).flatMap((name) => known[name] ?? []);
  return [
    "# Results",
    "",
    `\`pnpm bench\` on ${cpus().length} cores and ${Math.round(totalmem() / 2 ** 30)} GiB, Node.js ${process.version}, ` +
      "the embedded PostgreSQL with its durable defaults. Load generator, both servers and PostgreSQL " +
      "share the cores. Both sides are measured in turns, in 7 or 21 pairs or more, as pairs from which " +
      "the host took more than 2 % of the processors' time are measured again, at most as many; a line " +
      "is the pair with the median ratio of those from which it took least. A line without such pairs is the best of three " +
      "rounds each, as all were measured before. The ratio holds better than the figures.",
    "",
    "| what | Muniment | yardstick | ratio | half of the pairs | taken by the host | target | the yardstick | measured on |",
    "|---|---|---|---|---|---|---|---|---|",
    ...measured.flatMap(({ row, on }) => (row ? [line(row, on)] : [])),
    "",
    ...measured.flatMap(({ note }) => (note ? [note, ""] : [])),
  ].join("\n");
}

async function main() {
  const asked = process.argv.slice(2);
  const names = asked.length > 0 ? asked : Object.keys(parts);
  const unknown = names.filter((name) => !(name in parts));
  if (unknown.length > 0) throw new Error(`no such part: ${unknown}; ${Object.keys(parts)}`);
  const file = new URL("results.json", import.meta.url);
  const known = JSON.parse(await readFile(file, "utf8")) as Known;
  const bench = await startBench(await ensureBuild());
  try {
    const { userId } = await signUpFirst(bench);
    for (const name of names) {
      const from = performance.now();
      const measured = await parts[name]?.(bench, { userId, cookie: await signInFirst(bench) });
      const on = new Date().toISOString().slice(0, 10);
      if (measured) known[name] = { ...measured, on };
      // Each part is kept as it ends, so that a later one that fails loses nothing.
      await writeFile(file, `${JSON.stringify(known, null, 2)}\n`);
      await writeFile(new URL("RESULTS.md", import.meta.url), textOf(known));
      if (measured?.row) console.log(line(measured.row, on));
      if (measured?.note) console.log(measured.note);
      console.log(`(${name}: ${Math.round((performance.now() - from) / 1000)} s)\n`);
    }
  } finally {
    await bench.stop();
  }
}

await main();
