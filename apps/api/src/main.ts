import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { setFlagsFromString } from "node:v8";
import { DataDirUnusable } from "@muniment/db/embedded/errors.ts";
import { boot } from "./boot.ts";
import { describeProblems, type Problem, parseConfig } from "./config.ts";
import { withFiles } from "./env-files.ts";
import { createLog } from "./log.ts";
import { createSay } from "./say.ts";
import { StartProblem } from "./start-problem.ts";
import { startTelemetry } from "./telemetry/telemetry.ts";

// Collects old objects when they have doubled, instead of up to fourfold: events and requests that
// wait for a commit outlive the collections of young ones, and leave up to 80 MB of garbage else.
setFlagsFromString("--heap-growing-percent=100");

const here = dirname(fileURLToPath(import.meta.url));

/** EX_CONFIG of sysexits.h: to start again is of no use before a setting has changed. */
const wrongSetting = 78;

function refuse(problems: Problem[]): never {
  process.stderr.write(`Muniment cannot start:\n${describeProblems(problems)}\n`);
  process.exit(wrongSetting);
}

const { env, problems } = withFiles(process.env);
const parsed = parseConfig(env, problems);
if (!parsed.ok) refuse(parsed.problems);

const { config, rings } = parsed;
const telemetry = await startTelemetry(config.telemetry);
const log = createLog(config.logLevel, telemetry);
telemetry?.tellBy(log);
const say = createSay(process.stdout, process.stderr);

const starting = boot({
  env,
  config,
  rings,
  log,
  telemetry,
  migrationsFolder: env.MUNIMENT_MIGRATIONS ?? join(here, "../../../packages/db/migrations"),
  webDirectory: env.MUNIMENT_WEB ?? null,
  onSetupLink: (link) =>
    say(`\nNo administrator yet. Open this link once to make the first:\n\n  ${link}\n`),
});

let stopping = false;
async function stop(signal: string) {
  if (stopping) return;
  stopping = true;
  log.info({ signal }, "stopping");
  const running = await starting.catch(() => null);
  await running?.stop();
  await telemetry?.stop();
  process.exit(0);
}
process.on("SIGTERM", () => void stop("SIGTERM"));
process.on("SIGINT", () => void stop("SIGINT"));
process.on("SIGHUP", () => void stop("SIGHUP"));
process.on("unhandledRejection", (error) => log.error({ err: error }, "unhandled rejection"));

// Under `pnpm start` a killed parent would leave this process behind; then it ends by itself.
if (env.MUNIMENT_END_WITH_PARENT) {
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) void stop("parent gone");
  }, 500).unref();
}

starting
  .then(() => say(`Muniment is ready on ${config.publicUrl.origin}`))
  .catch((error: unknown) => {
    if (error instanceof StartProblem) refuse([error.problem]);
    process.stderr.write(
      `Muniment cannot start: ${error instanceof Error ? error.message : error}\n`,
    );
    log.debug({ err: error }, "start failed");
    process.exit(error instanceof DataDirUnusable ? wrongSetting : 1);
  });
