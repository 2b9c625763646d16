/** `pnpm bench`: each row against a plain server in the same run, written to bench/RESULTS.md. */
import { writeFile } from "node:fs/promises";
import { cpus, totalmem } from "node:os";
import { ensureBuild } from "../scripts/build.mjs";
import { ingestBatches } from "./ingest.ts";
import { queryWithoutDatabase } from "./query-without-database.ts";
import type { Row } from "./rows.ts";
import { startBench } from "./servers.ts";
import { addUsers, signIn } from "./sign-in.ts";
import { signInBurst } from "./sign-in-burst.ts";
import { signedInQuery, signUpFirst } from "./signed-in-query.ts";

const number = (value: number) => Math.round(value).toLocaleString("en");

function table(rows: Row[]): string {
  const lines = rows.map(
    ({ name, unit, ours, plain, target, note }) =>
      `| ${name} | ${number(ours)} ${unit} | ${number(plain)} ${unit} | **${Math.round((100 * ours) / plain)} %** | ${target ? `${target} %` : ""} | ${note} |`,
  );
  return [
    "| what | Muniment | yardstick | ratio | target | the yardstick |",
    "|---|---|---|---|---|---|",
    ...lines,
  ].join("\n");
}

async function main() {
  const bench = await startBench(await ensureBuild());
  try {
    const user = await signUpFirst(bench);
    const rows = [
      await ingestBatches(bench, user),
      await signedInQuery(bench, user),
      await queryWithoutDatabase(bench, user),
    ];
    const people = await addUsers(bench, 200);
    rows.push(await signIn(bench, people));
    const burst = await signInBurst(bench, user, people.emails);
    const text = [
      "# Results",
      "",
      `\`pnpm bench\` on ${cpus().length} cores and ${Math.round(totalmem() / 2 ** 30)} GiB, Node.js ${process.version}, ` +
        `the embedded PostgreSQL with its durable defaults, ${new Date().toISOString().slice(0, 10)}. Load generator, ` +
        "both servers and PostgreSQL share the cores; each figure is the best of three rounds taken in turns. " +
        "The ratio holds better than the figures.",
      "",
      table(rows),
      "",
      burst,
      "",
    ].join("\n");
    await writeFile(new URL("RESULTS.md", import.meta.url), text);
    console.log(text);
  } finally {
    await bench.stop();
  }
}

await main();
