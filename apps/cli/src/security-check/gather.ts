import { gatherFacts } from "@muniment/api/posture/gather.ts";
import { readEnvFile } from "../installation.ts";
import type { CheckoutFacts } from "./facts.ts";
import { askAsApplication } from "./gather/ask-as-application.ts";
import { readProject } from "./gather/project.ts";

type Env = Record<string, string | undefined>;
type Options = {
  /** The process's own environment. */
  env: Env;
  /** Judged in place of the process's environment. */
  envFile: string | undefined;
  /** The folder with the compose file, Dockerfile and lockfile. */
  project: string;
};

/** Looks at an installation, and at the checkout it is run from, without changing either. */
export async function gatherCheckout({
  env: own,
  envFile,
  project,
}: Options): Promise<CheckoutFacts> {
  const env = envFile === undefined ? own : await readEnvFile(envFile);
  const facts = await gatherFacts({
    env,
    envFile,
    project,
    now: new Date(),
    ask: askAsApplication,
  });
  return { ...facts, project: await readProject(project) };
}
