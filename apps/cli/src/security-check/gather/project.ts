import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Compose, parseCompose } from "./compose.ts";
import {
  type BuildPermissions,
  type Floor,
  type LockedPackage,
  parseBuildPermissions,
  parseFloors,
  parseLockfile,
} from "./dependencies.ts";
import { type Dockerfile, parseDockerfile } from "./dockerfile.ts";

/** A file's content, why it cannot be read, or nothing where there is no such file. */
export type Read<T> = { content: T } | { problem: string } | null;

export type ProjectFacts = {
  compose: Read<Compose>;
  dockerfile: Read<Dockerfile>;
  /** The lines of .dockerignore that are not comments. */
  dockerignore: Read<string[]>;
  packages: Read<LockedPackage[]>;
  floors: Read<Floor[]>;
  builds: Read<BuildPermissions>;
};

async function read<T>(path: string, parse: (text: string) => T): Promise<Read<T>> {
  try {
    return { content: parse(await readFile(path, "utf8")) };
  } catch (error) {
    const isAbsent = error instanceof Error && "code" in error && error.code === "ENOENT";
    return isAbsent ? null : { problem: `${path} cannot be read: ${(error as Error).message}` };
  }
}

export const parseDockerignore = (text: string) =>
  text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"));

/** The files of a checkout, or of any folder that a deployment is run from. */
export async function readProject(directory: string): Promise<ProjectFacts> {
  const at = <T>(name: string, parse: (text: string) => T) => read(join(directory, name), parse);
  return {
    compose: await at("docker-compose.yml", parseCompose),
    dockerfile: await at("Dockerfile", parseDockerfile),
    dockerignore: await at(".dockerignore", parseDockerignore),
    packages: await at("pnpm-lock.yaml", parseLockfile),
    floors: await at("deploy/advisory-floors.json", parseFloors),
    builds: await at("pnpm-workspace.yaml", parseBuildPermissions),
  };
}
