/**
 * The long form of `apps/api/test/events-at-scale.test.ts`. `pnpm soak:events <folder> make` makes 1 and
 * 10 million events in a folder and sums them up, which takes half an hour and 20 GB; `... sum` counts
 * anew those that are there; `... measure [pages] [terms] [charts]` asks both and writes RESULTS.md anew.
 */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildIndex } from "./build-index.ts";
import { generate, sumUp } from "./generate.ts";
import { type Measured, measure, type Times } from "./measure.ts";
import { readOnce } from "./scratch.ts";

const sizes = { m1: 1_000_000, m10: 10_000_000 };
type Size = keyof typeof sizes;
type Found = Record<string, Partial<Record<Size, Measured>>>;

type Target = { sql: number; api?: number };
/** Milliseconds at the 95th of 100, by the set and the days that are asked for. */
function targetOf(set: string, text: string): Target {
  if (set === "charts") return { sql: 5, api: 15 };
  if (set === "pages") return { sql: 5, api: 10 };
  return { sql: text.endsWith(" in 1 d") ? 50 : 500 };
}

async function make(folder: string) {
  for (const [name, rows] of Object.entries(sizes)) {
    await generate(folder, name, rows);
    await sumUp(folder, name);
    console.log(await buildIndex(folder, name));
  }
}

const words = (times: Times | undefined) =>
  times
    ? `${[times.least, times.middle, times.p95].map((one) => one.toFixed(1)).join(" / ")}${times.wasStolen ? " (stolen)" : ""}`
    : "";

function linesOf(set: string, { m1 = {}, m10 = {} }: Found[string]): string[] {
  return Object.entries(m10).map(([text, large]) => {
    const small = m1[text];
    const target = targetOf(set, text);
    const isKept = large.sql.p95 <= target.sql && large.api.p95 <= (target.api ?? target.sql);
    const growth = small ? (large.sql.middle / small.sql.middle).toFixed(1) : "";
    const asked = target.api ? `${target.sql}; ${target.api}` : target.sql;
    return `| ${text.replaceAll("|", "\\|")} | ${words(small?.sql)} | ${words(large.sql)} | ${growth} | ${words(large.api)} | ${asked} | ${isKept ? "kept" : "**missed**"} |`;
  });
}

async function measureAll(folder: string, sets: string[]) {
  const path = join(folder, "measured.json");
  const found: Found = JSON.parse(await readFile(path, "utf8").catch(() => "{}"));
  await readOnce(folder);
  for (const set of sets)
    for (const name of Object.keys(sizes) as Size[]) {
      found[set] = { ...found[set], [name]: await measure(folder, name, set) };
      await writeFile(path, JSON.stringify(found));
    }
  const head =
    "| asked | SQL, 1 million | SQL, 10 million | growth of the middle | API, 10 million | target at the 95th | |\n|---|---|---|---|---|---|---|";
  const tables = Object.entries(found).map(([set, sizes]) =>
    [`### ${set}`, "", head, ...linesOf(set, sizes), ""].join("\n"),
  );
  const results = fileURLToPath(new URL("RESULTS.md", import.meta.url));
  const [before, after] = (await readFile(results, "utf8")).split(
    /(?<=<!-- measured -->\n)[\s\S]*?(?=<!-- end -->)/,
  );
  await writeFile(results, `${before}\n${tables.join("\n")}\n${after}`);
}

const [folder = "", what = "", ...sets] = process.argv.slice(2);
if (what === "make") await make(folder);
else if (what === "sum") for (const name of Object.keys(sizes)) await sumUp(folder, name);
else await measureAll(folder, sets.length > 0 ? sets : ["pages", "terms", "charts"]);
