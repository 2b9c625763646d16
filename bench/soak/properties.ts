/**
 * `pnpm soak:properties [rounds]`: runs every test of properties (fast-check) with a new seed in each
 * round, and writes to PROPERTIES.md here how many rounds held. It stops at the first that fails, whose
 * seed `PROPERTY_SEED=<seed> pnpm vitest run <file>` repeats.
 */
import { spawnSync } from "node:child_process";
import { randomInt } from "node:crypto";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";

const wanted = Number(process.argv[2] ?? 20);
const root = fileURLToPath(new URL("../..", import.meta.url));
const files = ["apps", "packages"]
  .flatMap((folder) =>
    readdirSync(`${root}/${folder}`).flatMap((name) => [
      `${folder}/${name}/src`,
      `${folder}/${name}/test`,
    ]),
  )
  .filter((folder) => existsSync(`${root}/${folder}`))
  .flatMap((folder) =>
    readdirSync(`${root}/${folder}`, { recursive: true }).map((name) => `${folder}/${name}`),
  )
  .filter((path) => path.endsWith(".test.ts"))
  .filter((path) => readFileSync(`${root}/${path}`, "utf8").includes('from "fast-check"'));

function write(rounds: number, failed?: number) {
  const end = failed === undefined ? "All held." : `The last failed, with the seed ${failed}.`;
  const text = [
    "# Properties under other seeds",
    "",
    `\`pnpm soak:properties\` on ${cpus().length} cores, Node.js ${process.version}, ` +
      `${new Date().toISOString().slice(0, 10)}: ${rounds} rounds of the ${files.length} files that test ` +
      `properties, each with a seed of its own. ${end}`,
    "",
  ];
  writeFileSync(new URL("PROPERTIES.md", import.meta.url), text.join("\n"));
}

for (let round = 1; round <= wanted; round += 1) {
  const seed = randomInt(2 ** 31);
  const { status } = spawnSync("npx", ["vitest", "run", ...files], {
    cwd: root,
    stdio: "inherit",
    env: { ...process.env, PROPERTY_SEED: String(seed) },
  });
  write(round, status === 0 ? undefined : seed);
  if (status !== 0) process.exit(1);
}
