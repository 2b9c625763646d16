import { createRequire } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";
import { Worker, type WorkerOptions } from "node:worker_threads";

/** What a thread runs. */
export type WorkerScript = { code: string } | { path: string };

/**
 * A script by its source, relative to the module at `here`, and its name in a build, which puts it beside
 * the bundle; from sources it is loaded as TypeScript.
 */
export function workerScript(here: string, source: string, built: string): WorkerScript {
  if (!here.endsWith(".ts")) return { path: fileURLToPath(new URL(built, here)) };
  // What a require finds is the CommonJS twin, which cannot load ES modules.
  const found = createRequire(here)
    .resolve("tsx/esm/api")
    .replace(/\.cjs$/, ".mjs");
  const loader = pathToFileURL(found).href;
  const [load, run] = [JSON.stringify(loader), JSON.stringify(new URL(source, here).href)];
  return { code: `import(${load}).then(({ register }) => { register(); return import(${run}); })` };
}

/** A thread that neither sees the environment nor keeps the process from ending. */
export function openWorker(
  script: WorkerScript,
  resourceLimits: NonNullable<WorkerOptions["resourceLimits"]>,
): Worker {
  const isCode = "code" in script;
  const worker = new Worker(isCode ? script.code : script.path, {
    eval: isCode,
    execArgv: [],
    env: {},
    resourceLimits,
  });
  worker.unref();
  return worker;
}
