/** `pnpm bench`: each row against a plain server in the same run, written to bench/RESULTS.md. */
import { writeFile } from "node:fs/promises";
import { cpus, totalmem } from "node:os";
import { ensureBuild } from "../scripts/build.mjs";
import { ingestBatches } from "./ingest.ts";
import { startBench } from "./servers.ts";
import { type Row, signedInQuery, signUpFirst } from "./signed-in-query.ts";

const number = (value: number) => Math.round(value).toLocaleString("en");

function table(rows: Row[]): string {
  const lines = rows.map(
    ({ name, unit, ours, plain, note }) =>
      `| ${name} | ${number(ours)} ${unit} | ${number(plain)} ${unit} | **${Math.round((100 * ours) / plain)} %** | ${note} |`,
  );
  return [
    "| what | Muniment | plain | ratio | the plain server |",
    "|---|---|---|---|---|",
    ...lines,
  ].join("\n");
}

async function main() {
  const bench = await startBench(await ensureBuild());
  try {
    const user = await signUpFirst(bench);
    const rows = [await ingestBatches(bench, user), await signedInQuery(bench, user)];
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
    ].join("\n");
    await writeFile(new URL("RESULTS.md", import.meta.url), text);
    console.log(text);
  } finally {
    await bench.stop();
  }
}

await main();
