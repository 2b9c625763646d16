import { randomBytes } from "node:crypto";
import { existsSync, linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { type SecretName, type SecretRings, secretNames } from "./config.ts";

const keyringFile = z.partialRecord(
  z.enum([...secretNames, "DATABASE_PASSWORD"]),
  z.string().min(32),
);

/** Secrets that were not given, and the embedded database's password: made once and kept. */
export type Keyring = { rings: SecretRings; databasePassword: string };

type Stored = z.infer<typeof keyringFile>;

/** What a keyring's file says. @throws where it is none */
export const parseKeyring = (text: string): Stored => keyringFile.parse(JSON.parse(text));

/** The given rings, and those of a keyring where none is given; empty where neither has one. */
export function completeRings(stored: Stored, given: SecretRings): SecretRings {
  const ring = (name: SecretName) => {
    const kept = stored[name];
    return given[name].length > 0 || !kept ? given[name] : [kept];
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

const read = (path: string): Stored | null =>
  existsSync(path) ? parseKeyring(readFileSync(path, "utf8")) : null;
const isComplete = (stored: Stored | null) =>
  stored !== null && names.every((name) => stored[name]);

/** Makes the file appear whole; false when there is one of that name already. */
function createWhole(path: string, content: Stored): boolean {
  const temporary = `${path}.${randomBytes(6).toString("hex")}.tmp`;
  try {
    const text = `${JSON.stringify(content, null, 2)}\n`;
    writeFileSync(temporary, text, { mode: 0o600, flush: true });
    linkSync(temporary, path);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw error;
  } finally {
    rmSync(temporary, { force: true });
  }
}

function generate(stored: Stored): Stored {
  const missing = names.filter((name) => !stored[name]);
  const made = missing.map((name) => [name, randomBytes(36).toString("base64url")]);
  return { ...stored, ...Object.fromEntries(made) };
}

/** Completes a keyring that lacks secrets; `<path>.next` is the turn of whoever does it. */
function completeStored(path: string, stored: Stored) {
  const next = `${path}.next`;
  if (!createWhole(next, generate(stored))) return;
  // Another start may have completed it between our look and our turn; its secrets are in use.
  if (isDeepStrictEqual(read(path), stored)) renameSync(next, path);
  else rmSync(next);
}

/** The complete keyring, made once however many processes start at the same time. */
function loadStored(path: string): Stored {
  const giveUpAt = Date.now() + patienceMilliseconds;
  for (;;) {
    const stored = read(path);
    if (stored && isComplete(stored)) return stored;
    if (Date.now() > giveUpAt) {
      throw new Error(
        `${path} lacks secrets and a start that was completing it has not finished. If no other start is under way, delete ${path}.next and start again.`,
      );
    }
    if (stored) completeStored(path, stored);
    else createWhole(path, generate({}));
  }
}

/**
 * Completes the given rings from `DATA_DIR/keyring.json` (0600), generating what is missing there.
 * @throws when the file cannot be read or is not a keyring
 */
export function loadKeyring(dataDir: string, given: Record<SecretName, string[]>): Keyring {
  const complete = loadStored(join(dataDir, "keyring.json"));
  return {
    rings: completeRings(complete, given),
    databasePassword: complete.DATABASE_PASSWORD ?? "",
  };
}
