import { createHash } from "node:crypto";
import { mkdir, open, readFile, rename, rm, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import type { ReaderMemory } from "@muniment/log-formats/format.ts";
import { z } from "zod";
import { type Io, UsageError } from "../../command.ts";

const state = z.strictObject({
  version: z.literal(1),
  /** Counts the files that were read, and their truncations: part of the ids of their lines. */
  epoch: z.int().min(0),
  file: z.strictObject({
    dev: z.number(),
    ino: z.number(),
    modifiedMs: z.number(),
    /** The first bytes, by which a copy is known. */
    headBytes: z.int().min(0),
    headSha256: z.string(),
  }),
  /** Everything before this byte is sent and answered for. */
  offset: z.int().min(0),
  memory: z.strictObject({
    previous: z.number().optional(),
    sameTime: z.strictObject({ time: z.number().optional(), count: z.number() }).optional(),
  }),
});

/** What was sent is stored, but not written down. */
export class StateError extends Error {}

/** How far a followed log was sent. */
export type FollowState = z.infer<typeof state> & { memory: ReaderMemory };
export type FileMark = FollowState["file"];

/** Where the state of following `source` to a server is kept, unless the caller names a place. */
export function defaultStatePath(env: Io["env"], source: string, url: URL): string {
  const base = env.XDG_STATE_HOME || join(env.HOME ?? homedir(), ".local/state");
  const name = createHash("sha256").update(`${url.href}\0${source}`).digest("hex").slice(0, 24);
  return join(base, "muniment", `follow-${name}.json`);
}

/** The state kept at a path; null where there is none. @throws UsageError where it is none of ours */
export async function readState(path: string): Promise<FollowState | null> {
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return null;
    throw new UsageError(`--state ${path}: ${error.message}`, { cause: error });
  });
  if (text === null) return null;
  try {
    return state.parse(JSON.parse(text));
  } catch (cause) {
    throw new UsageError(`--state ${path} is no state of a followed log.`, { cause });
  }
}

/**
 * Writes states to a path, the last of them again at the end. One that cannot be written is no reason to
 * stop, for what is sent again has the same ids: `warn` is told once, until it can be written again.
 */
export function keepState(path: string, warn: (problem: string) => void) {
  let unwritten: FollowState | undefined;

  async function keep(next: FollowState): Promise<void> {
    try {
      await writeState(path, next);
      unwritten = undefined;
    } catch (error) {
      if (!unwritten) {
        warn(`${problemOf(path, error)}; another run would send again what is sent from now on.`);
      }
      unwritten = next;
    }
  }

  return {
    keep,
    /** @throws StateError when the last one still cannot be written */
    async end(): Promise<void> {
      if (!unwritten) return;
      await writeState(path, unwritten).catch((cause: unknown) => {
        throw new StateError(problemOf(path, cause), { cause });
      });
    },
  };
}

/** Makes sure that a state can be kept before anything is sent. @throws UsageError */
export async function tryState(path: string): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await writeFile(`${path}.new`, "{}", { mode: 0o600 });
    await rm(`${path}.new`);
  } catch (cause) {
    throw new UsageError(problemOf(path, cause), { cause });
  }
}

const problemOf = (path: string, error: unknown) =>
  `--state ${path} cannot be written: ${error instanceof Error ? error.message : String(error)}`;

/** Replaces the state as a whole: after a crash the old or the new one is there. */
async function writeState(path: string, next: FollowState): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const temporary = `${path}.new`;
  const handle = await open(temporary, "w", 0o600);
  try {
    await handle.writeFile(JSON.stringify(next));
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(temporary, path);
}
