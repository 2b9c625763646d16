import { randomBytes } from "node:crypto";
import {
  chownSync,
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { type SecretName, type SecretRings, secretNames } from "./config.ts";

const element = z.string().min(32);
/** A ring stands as a list, newest first; one of a single element as its text alone, too. */
const keptRing = z.preprocess(
  (value) => (typeof value === "string" ? [value] : value),
  z.array(element).min(1),
);
const keyringFile = z
  .strictObject({
    ...(Object.fromEntries(secretNames.map((name) => [name, keptRing])) as Record<
      SecretName,
      typeof keptRing
    >),
    DATABASE_PASSWORD: element,
  })
  .partial();

/** Secrets that were not given, and the embedded database's password: made once and kept. */
export type Keyring = {
  rings: SecretRings;
  databasePassword: string;
  /** What `DATA_DIR/keyring.json` held when the rings were taken from it. */
  text: string;
};

type Stored = z.infer<typeof keyringFile>;

/** What a keyring's file says. @throws where it is none */
export const parseKeyring = (text: string): Stored => keyringFile.parse(JSON.parse(text));

/** The given rings, and those of a keyring where none is given; empty where neither has one. */
export function completeRings(stored: Stored, given: SecretRings): SecretRings {
  const ring = (name: SecretName) => {
    const kept = stored[name];
    return given[name].length > 0 || !kept ? given[name] : kept;
  };
  return {
    JWT_SECRET: ring("JWT_SECRET"),
    API_KEY_SECRET: ring("API_KEY_SECRET"),
    ENCRYPTION_KEY: ring("ENCRYPTION_KEY"),
    AUDIT_SIGNING_KEY: ring("AUDIT_SIGNING_KEY"),
  };
}

const names = [...secretNames, "DATABASE_PASSWORD"] as const;
const patienceMilliseconds = 2000;

const pathIn = (dataDir: string) => join(dataDir, "keyring.json");
const newElement = () => randomBytes(36).toString("base64url");
const read = (path: string): Stored | null =>
  existsSync(path) ? parseKeyring(readFileSync(path, "utf8")) : null;
const isComplete = (stored: Stored | null) =>
  stored !== null && names.every((name) => stored[name]);

/** A ring of one element is written as files of before have it. */
const toText = (stored: Stored) =>
  `${JSON.stringify(stored, (_, value) => (Array.isArray(value) && value.length === 1 ? value[0] : value), 2)}\n`;

/** Makes the file appear whole; false when there is one of that name already. */
function createWhole(path: string, content: Stored, owner?: { uid: number; gid: number }): boolean {
  const temporary = `${path}.${randomBytes(6).toString("hex")}.tmp`;
  try {
    writeFileSync(temporary, toText(content), { mode: 0o600, flush: true });
    // A command run as root must not take the file from the server's user.
    if (owner && process.getuid?.() === 0) chownSync(temporary, owner.uid, owner.gid);
    linkSync(temporary, path);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw error;
  } finally {
    rmSync(temporary, { force: true });
  }
}

function syncDirectory(path: string) {
  const directory = openSync(path, "r");
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
}

function generate(stored: Stored): Stored {
  const made = Object.fromEntries(secretNames.map((name) => [name, [newElement()]]));
  return { ...made, DATABASE_PASSWORD: newElement(), ...stored };
}

/**
 * Puts other content in the place of what was read; false where it is another's turn, which
 * `<path>.next` stands for, or another has changed it since.
 */
function replaceStored(path: string, stored: Stored, content: Stored): boolean {
  const next = `${path}.next`;
  if (!createWhole(next, content, statSync(path))) return false;
  // Another may have changed it between our look and our turn; its secrets are in use.
  if (!isDeepStrictEqual(read(path), stored)) {
    rmSync(next);
    return false;
  }
  renameSync(next, path);
  syncDirectory(dirname(path));
  return true;
}

/** Tries again until `attempt` answers something. @throws where for 2 s nobody's turn ends */
function inTurn<T>(path: string, attempt: () => T | null): T {
  const look = () => (existsSync(path) ? readFileSync(path, "utf8") : "");
  let seen = look();
  let giveUpAt = Date.now() + patienceMilliseconds;
  for (;;) {
    const done = attempt();
    if (done !== null) return done;
    const now = look();
    if (now !== seen) {
      // However long each turn takes, such as on a slow disk.
      seen = now;
      giveUpAt = Date.now() + patienceMilliseconds;
    } else if (Date.now() > giveUpAt) {
      throw new Error(
        `${path} is being changed by another start or command that has not finished. If none is under way, delete ${path}.next and start again.`,
      );
    }
  }
}

/** Stands in a DATA_DIR for as long as a restore writes to it; what was cut off leaves it. */
export const restoreMark = (dataDir: string) => join(dataDir, "restoring");

function refuseRestoring(dataDir: string) {
  if (!existsSync(restoreMark(dataDir))) return;
  throw new Error(
    `A restore into DATA_DIR ${dataDir} is under way: wait for it. If it was cut off, run the same \`muniment restore\` again: it finishes, or begins anew.`,
  );
}

/** The complete keyring, made once however many processes start at the same time. */
const loadStored = (path: string): Stored =>
  inTurn(path, () => {
    const stored = read(path);
    if (stored && isComplete(stored)) return stored;
    if (stored) replaceStored(path, stored, generate(stored));
    else createWhole(path, generate({}));
    return null;
  });

/**
 * Completes the given rings from `DATA_DIR/keyring.json` (0600), generating what is missing there.
 * @throws when the file cannot be read or is not a keyring, or a restore is under way
 */
export function loadKeyring(dataDir: string, given: Record<SecretName, string[]>): Keyring {
  refuseRestoring(dataDir);
  const complete = loadStored(pathIn(dataDir));
  // A restore marks first and looks for a keyring afterwards: one of the two sees the other.
  refuseRestoring(dataDir);
  return {
    rings: completeRings(complete, given),
    databasePassword: complete.DATABASE_PASSWORD ?? "",
    text: toText(complete),
  };
}

function changeRings(
  dataDir: string,
  rings: readonly SecretName[],
  change: (ring: readonly string[], name: SecretName) => string[],
): Stored {
  const path = pathIn(dataDir);
  return inTurn(path, () => {
    const stored = loadStored(path);
    const changed = rings.map((name) => [name, change(stored[name] ?? [], name)]);
    const content: Stored = { ...stored, ...Object.fromEntries(changed) };
    return replaceStored(path, stored, content) ? content : null;
  });
}

/** An element for a ring that the keyring does not keep. */
export const makeElement = newElement;

/**
 * Puts a new element at the head of rings that are kept in `DATA_DIR/keyring.json`; servers use it from
 * their next start on. Whole or not at all, and durable when it returns.
 */
export function addElements(dataDir: string, rings: readonly SecretName[]): void {
  changeRings(dataDir, rings, (ring) => [newElement(), ...ring]);
}

/**
 * Drops all but the newest element of kept rings.
 * @throws where a ring is not the one that was judged to be ready for it
 */
export function dropOldElements(
  dataDir: string,
  rings: readonly SecretName[],
  judged: SecretRings,
): void {
  changeRings(dataDir, rings, (ring, name) => {
    if (!isDeepStrictEqual([...ring], [...judged[name]])) {
      throw new Error(`${name} was changed meanwhile; nothing was dropped`);
    }
    return ring.slice(0, 1);
  });
}
