import { readFile } from "node:fs/promises";
import type { Lock, Opener } from "@muniment/api/backup/seal.ts";
import { type Io, UsageError } from "../command.ts";

/** Who has the file can try passphrases for as long as they like. */
const leastCharacters = 16;

async function readLines(option: string, path: string): Promise<string[]> {
  const text = await readFile(path, "utf8").catch((cause: Error) => {
    throw new UsageError(`${option} ${path}: ${cause.message}`, { cause });
  });
  return text.split(/\r?\n/);
}

async function readPassphrase(path: string): Promise<string> {
  const [passphrase = ""] = await readLines("--passphrase-file", path);
  if (passphrase.length >= leastCharacters) return passphrase;
  throw new UsageError(
    `--passphrase-file ${path}: its first line has fewer than ${leastCharacters} characters. Make one with: openssl rand -base64 33`,
  );
}

type Given = { "passphrase-file"?: string | undefined; unencrypted: boolean };

const passphraseFile = (given: Given, env: Io["env"]) =>
  given["passphrase-file"] ?? env.BACKUP_PASSPHRASE_FILE;

/** How a backup is to be closed. @throws UsageError without a choice, or with two */
export async function parseLock(
  given: Given & { recipient: readonly string[] },
  env: Io["env"],
): Promise<Lock> {
  const file = given["passphrase-file"];
  const chosen = [given.recipient.length > 0, file !== undefined, given.unencrypted];
  if (chosen.filter(Boolean).length > 1) {
    throw new UsageError("Give one of --recipient, --passphrase-file and --unencrypted.");
  }
  if (given.recipient.includes("")) {
    throw new UsageError(
      "--recipient is empty. In containers set BACKUP_RECIPIENT to what backup --make-identity prints.",
    );
  }
  if (given.recipient.length > 0) return { kind: "recipients", recipients: given.recipient };
  if (given.unencrypted) return { kind: "none" };
  const path = passphraseFile(given, env);
  if (path === undefined) {
    throw new UsageError(
      "Say how to encrypt it: --recipient age1..., or --passphrase-file (BACKUP_PASSPHRASE_FILE). --unencrypted leaves it readable for whoever has the file.",
    );
  }
  return { kind: "passphrase", passphrase: await readPassphrase(path) };
}

/** What opens a backup. @throws UsageError without a choice, or with two */
export async function parseOpener(
  given: Given & { identity?: string | undefined },
  env: Io["env"],
): Promise<Opener> {
  const file = given["passphrase-file"];
  const chosen = [given.identity !== undefined, file !== undefined, given.unencrypted];
  if (chosen.filter(Boolean).length > 1) {
    throw new UsageError("Give one of --identity, --passphrase-file and --unencrypted.");
  }
  if (given.unencrypted) return { kind: "none" };
  if (given.identity !== undefined) {
    const lines = await readLines("--identity", given.identity);
    const identities = lines.map((line) => line.trim()).filter((line) => /^[^#]/.test(line));
    if (identities.length === 0) {
      throw new UsageError(`--identity ${given.identity}: holds no identity of age`);
    }
    return { kind: "identities", identities };
  }
  const path = passphraseFile(given, env);
  if (path === undefined) {
    throw new UsageError(
      "Say what opens it: --identity <file>, or --passphrase-file (BACKUP_PASSPHRASE_FILE); --unencrypted where it was made so.",
    );
  }
  return { kind: "passphrase", passphrase: await readPassphrase(path) };
}
