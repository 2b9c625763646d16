import { readEnvFile } from "../installation.ts";
import type { Facts } from "./facts.ts";
import { readDatabase } from "./gather/database.ts";
import { readFiles } from "./gather/files.ts";
import { readProject } from "./gather/project.ts";
import { readRuntime } from "./gather/runtime.ts";
import { readSettings } from "./gather/settings.ts";

type Env = Record<string, string | undefined>;
type Options = {
  /** The process's own environment. */
  env: Env;
  /** Judged in place of the process's environment. */
  envFile: string | undefined;
  /** The folder with the compose file, Dockerfile and lockfile. */
  project: string;
};

/** Looks at an installation without changing it. */
export async function gatherFacts({ env: own, envFile, project }: Options): Promise<Facts> {
  const env = envFile === undefined ? own : await readEnvFile(envFile);
  const settings = readSettings(env);
  const { dataDir } = settings.config;
  const files = await readFiles({ env, dataDir, project, envFile });
  const keyringSecrets = files.keyringSecrets ?? {};
  return {
    now: new Date(),
    settings,
    runtime: readRuntime(env, process.versions.node),
    files,
    database: await readDatabase({ settings, dataDir, keyringSecrets }),
    project: await readProject(project),
  };
}
