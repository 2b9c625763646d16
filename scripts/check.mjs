// The quick loop: format, lint, types and unit tests.
import { spawnSync } from "node:child_process";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const steps = [
  ["biome", "check", "."],
  ["tsc", "-p", "tsconfig.json"],
  ["tsc", "-p", "apps/web/tsconfig.json"],
  ["vitest", "run", "--project", "unit"],
];
for (const [name, ...args] of steps) {
  const { status } = spawnSync(join(root, "node_modules/.bin", name), args, {
    cwd: root,
    stdio: "inherit",
  });
  if (status !== 0) process.exit(status ?? 1);
}
