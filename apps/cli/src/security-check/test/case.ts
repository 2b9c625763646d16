import type { LiveDatabase } from "@muniment/api/posture/gather/live-database.ts";
import type { CheckoutFacts } from "../facts.ts";
import { parseCompose } from "../gather/compose.ts";
import { parseDockerfile } from "../gather/dockerfile.ts";
import { projectFile } from "./sound-facts.ts";

type Change = (facts: CheckoutFacts) => void;

/** One way in which an installation can be wrong, and what the check must say then. */
export type Break = {
  status: "warn" | "fail";
  env?: Record<string, string>;
  facts?: Change;
};
export type Case = {
  /** Gives the check something to judge where the sound installation does not. */
  prepare?: { env?: Record<string, string>; facts?: Change };
  breaks: Record<string, Break>;
};
/** By the id of the check. */
export type Cases = Record<string, Case>;

export const byEnv = (env: Record<string, string>, status: Break["status"] = "fail"): Break => ({
  status,
  env,
});
export const byFacts = (facts: Change, status: Break["status"] = "fail"): Break => ({
  status,
  facts,
});

export const byDatabase = (
  change: (database: LiveDatabase) => void,
  status: Break["status"] = "fail",
): Break =>
  byFacts(({ database: { live } }) => {
    if ("database" in live) change(live.database);
  }, status);

function altered(name: string, from: string | RegExp, to: string): string {
  const text = projectFile(name);
  const changed = text.replace(from, to);
  if (changed === text) throw new Error(`${name} does not hold ${from}`);
  return changed;
}

/** The repository's own compose file with one thing changed. */
export const byCompose = (from: string | RegExp, to: string): Break =>
  byFacts(({ project }) => {
    project.compose = { content: parseCompose(altered("docker-compose.yml", from, to)) };
  });

/** The repository's own Dockerfile with one thing changed. */
export const byDockerfile = (from: string | RegExp, to: string): Break =>
  byFacts(({ project }) => {
    project.dockerfile = { content: parseDockerfile(altered("Dockerfile", from, to)) };
  });
