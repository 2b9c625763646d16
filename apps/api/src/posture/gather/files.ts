import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { fileVariables } from "../../env-files.ts";
import { parseKeyring } from "../../keyring.ts";

type Env = Record<string, string | undefined>;

export type FileFact = { path: string; directory: boolean; mode: number; uid: number };

export type FilesFacts = {
  dataDir: FileFact | null;
  keyring: FileFact | null;
  /** Secrets the server made itself; null when the file is damaged. */
  keyringSecrets: ReturnType<typeof parseKeyring> | null;
  outbox: FileFact[];
  /** The files that `<NAME>_FILE` variables name, and those of deploy/secrets. */
  secretFiles: FileFact[];
  envFiles: FileFact[];
};

/** Absent, or out of reach for the user who asks: there is nothing to judge. */
export async function factOf(path: string): Promise<FileFact | null> {
  const found = await stat(path).catch(() => null);
  if (!found) return null;
  return { path, directory: found.isDirectory(), mode: found.mode & 0o777, uid: found.uid };
}

async function factsOf(paths: string[]): Promise<FileFact[]> {
  const facts = await Promise.all(paths.map(factOf));
  return facts.filter((fact) => fact !== null);
}

/** A directory and everything directly in it. */
async function listing(directory: string): Promise<string[]> {
  const names = await readdir(directory).catch(() => []);
  return [directory, ...names.map((name) => join(directory, name))];
}

async function readKeyring(path: string) {
  const text = await readFile(path, "utf8").catch(() => "{}");
  try {
    return parseKeyring(text);
  } catch {
    return null;
  }
}

type Places = {
  env: Env;
  dataDir: string;
  project: string;
  envFile?: string | undefined;
  /** Of the outbox no more are looked at. */
  mostMails?: number;
};

export async function readFiles(places: Places): Promise<FilesFacts> {
  const { env, dataDir, project, envFile, mostMails = Number.POSITIVE_INFINITY } = places;
  const outbox = await listing(join(dataDir, "outbox"));
  const named = fileVariables.flatMap((name) => env[`${name}_FILE`] ?? []);
  const keyring = join(dataDir, "keyring.json");
  const deployed = await Promise.all(
    ["api", "postgres", "redis"].map((name) => listing(join(project, "deploy/secrets", name))),
  );
  const secretFiles = await factsOf([...named, ...deployed.flat()]);
  const envFiles = [join(project, ".env"), join(project, "deploy/.env"), envFile ?? []].flat();
  return {
    dataDir: await factOf(dataDir),
    keyring: await factOf(keyring),
    keyringSecrets: await readKeyring(keyring),
    outbox: await factsOf(outbox.slice(0, mostMails)),
    secretFiles: secretFiles.filter(({ directory }) => !directory),
    envFiles: await factsOf([...new Set(envFiles)]),
  };
}
