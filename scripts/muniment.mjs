// Runs a command of the CLI from a build of the present sources.
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { ensureBuild } from "./build.mjs";

const build = await ensureBuild((line) => console.error(line));
process.env.MUNIMENT_MIGRATIONS ??= join(build, "migrations");
await import(pathToFileURL(join(build, "cli.js")).href);
