import { stat, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { backupName, makeBackup, pruneBackups } from "@muniment/api/backup/files.ts";
import { recordBackup, rowsOf } from "@muniment/api/backup/record.ts";
import { type Lock, makeIdentity } from "@muniment/api/backup/seal.ts";
import { type Command, exitCodes, type Io, parseArguments, UsageError } from "../command.ts";
import { type Installation, openInstallation, readEnvFile } from "../installation.ts";
import { parseLock } from "./locks.ts";
import { contentsOf, formatBytes, summaryOf } from "./report.ts";
import { usage } from "./usage.ts";

export const backup: Command = {
  name: "backup",
  summary: "write everything into one encrypted file, while the server goes on",
  usage,
  run,
};

const isFolder = (path: string) =>
  stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );

function parseKeep(text: string | undefined): number | null {
  if (text === undefined) return null;
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text);
  throw new UsageError("--keep is a number from 1 on.");
}

async function writeIdentity(path: string, json: boolean, io: Io): Promise<number> {
  const { identity, recipient } = await makeIdentity();
  const text = `# public key: ${recipient}\n${identity}\n`;
  await writeFile(path, text, { flag: "wx", mode: 0o600, flush: true });
  io.stdout.write(json ? `${JSON.stringify({ ok: true, recipient })}\n` : `${recipient}\n`);
  return exitCodes.ok;
}

/** Enters it in the log; a database that is to be upgraded has no place for the entry yet. */
async function tryToRecord(
  { owner }: Installation,
  details: Parameters<typeof recordBackup>[1],
): Promise<string | null> {
  try {
    await recordBackup(owner, details);
    return null;
  } catch (error) {
    return `the audit log has no entry of it: ${error instanceof Error ? error.message : error}`;
  }
}

/** Deletes what is beyond the number to keep; answers why nothing was. */
async function tryToPrune(path: string, keep: number | null) {
  try {
    return { deleted: keep === null ? [] : await pruneBackups(path, keep), kept: null };
  } catch (error) {
    return { deleted: [], kept: error instanceof Error ? error.message : String(error) };
  }
}

async function make(installation: Installation, path: string, lock: Lock, signal: AbortSignal) {
  const { config, secrets, owner, keyring } = installation;
  const made = await makeBackup(
    path,
    {
      owner,
      dataDir: config.dataDir,
      keyring,
      secrets,
      uploads: config.s3 ? "bucket" : "carried",
    },
    lock,
    signal,
  );
  const details = {
    rows: rowsOf(made.manifest),
    bytes: made.bytes,
    encrypted: lock.kind !== "none",
  };
  return { ...made, problem: await tryToRecord(installation, details) };
}

async function run(argv: string[], io: Io): Promise<number> {
  const { values, positionals } = parseArguments({
    args: argv,
    allowPositionals: true,
    options: {
      recipient: { type: "string", multiple: true, default: [] },
      "passphrase-file": { type: "string" },
      unencrypted: { type: "boolean", default: false },
      "make-identity": { type: "string" },
      keep: { type: "string" },
      "env-file": { type: "string" },
      json: { type: "boolean", default: false },
    },
  });
  const identityPath = values["make-identity"];
  if (identityPath !== undefined) return writeIdentity(identityPath, values.json, io);
  const [place, ...more] = positionals;
  if (place === undefined || more.length > 0) throw new UsageError("Name one file or folder.");
  const lock = await parseLock(values, io.env);
  const keep = parseKeep(values.keep);
  const inFolder = await isFolder(place);
  if (keep !== null && !inFolder) throw new UsageError("--keep goes with a folder that exists.");
  const path = resolve(inFolder ? join(place, backupName(new Date(), lock)) : place);
  const envFile = values["env-file"];
  const installation = await openInstallation(envFile ? await readEnvFile(envFile) : io.env);
  try {
    const { manifest, bytes, problem } = await make(installation, path, lock, io.signal);
    const { deleted, kept } = await tryToPrune(path, keep);
    const problems = [problem, kept].filter((one) => one !== null);
    for (const one of problems) io.stderr.write(`muniment backup: ${one}\n`);
    const lines = [
      `${path}: ${formatBytes(bytes)}, read back and checked.`,
      ...contentsOf(manifest),
      ...deleted.map((name) => `Deleted ${name}.`),
    ];
    io.stdout.write(
      values.json
        ? `${JSON.stringify({ ok: kept === null, path, bytes, deleted, problems, ...summaryOf(manifest) }, null, 2)}\n`
        : `ok    ${lines.join("\n      ")}\n`,
    );
    return kept === null ? exitCodes.ok : exitCodes.failed;
  } finally {
    await installation.close();
  }
}
