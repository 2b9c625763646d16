import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip, createGzip } from "node:zlib";
import { BackupDamaged, BackupProblem } from "@muniment/db/backup/problem.ts";
import { Decrypter, Encrypter, generateX25519Identity, identityToRecipient } from "age-encryption";

/** How a backup is closed: for recipients of age, with a passphrase, or, when that is asked for, not at all. */
export type Lock =
  | { kind: "recipients"; recipients: readonly string[] }
  | { kind: "passphrase"; passphrase: string }
  | { kind: "none" };

/** How one is opened. */
export type Opener =
  | { kind: "identities"; identities: readonly string[] }
  | { kind: "passphrase"; passphrase: string }
  | { kind: "none" };

/** scrypt at N = 2^17, r = 8 (OWASP Password Storage Cheat Sheet): 128 MiB, about a second. */
const scryptWorkFactor = 17;
/** Fast: what is compressed is rows of text, and the machine has other things to do. */
const gzipLevel = 1;
const agePrefix = Buffer.from("age-encryption.org/v1\n");
const gzipPrefix = Buffer.from([0x1f, 0x8b]);

type Bytes = AsyncIterable<Uint8Array>;

const toWeb = (bytes: Bytes) =>
  Readable.toWeb(Readable.from(bytes, { objectMode: false })) as ReadableStream<Uint8Array>;
const fromWeb = (stream: ReadableStream<Uint8Array>): Bytes =>
  Readable.fromWeb(stream as Parameters<typeof Readable.fromWeb>[0]);

/** A chain of streams whose errors all come out where it is read. */
function through(bytes: Bytes, transform: NodeJS.ReadWriteStream & AsyncIterable<Buffer>): Bytes {
  pipeline(Readable.from(bytes, { objectMode: false }), transform).catch(() => {});
  return transform;
}

function encrypterFor(lock: Exclude<Lock, { kind: "none" }>): Encrypter {
  const encrypter = new Encrypter();
  if (lock.kind === "passphrase") {
    encrypter.setScryptWorkFactor(scryptWorkFactor);
    encrypter.setPassphrase(lock.passphrase);
    return encrypter;
  }
  for (const recipient of lock.recipients) {
    try {
      encrypter.addRecipient(recipient);
    } catch (cause) {
      throw new BackupProblem(`${recipient} is no recipient of age`, { cause });
    }
  }
  return encrypter;
}

export type Sealing = {
  /** Compresses and encrypts (https://age-encryption.org/v1). */
  seal(plain: Bytes): Promise<Bytes>;
  /** What reads back what was just written, though only recipients can later. */
  opener: Opener;
};

/**
 * How to write a backup under a lock. One for recipients gets one recipient more, whose identity is
 * forgotten with this process, so that it can be read back once.
 * @throws BackupProblem for a recipient that is none
 */
export async function createSealing(lock: Lock): Promise<Sealing> {
  const seal = async (plain: Bytes, encrypter: Encrypter) =>
    fromWeb(await encrypter.encrypt(toWeb(through(plain, createGzip({ level: gzipLevel })))));
  if (lock.kind === "none") {
    return {
      seal: async (plain) => through(plain, createGzip({ level: gzipLevel })),
      opener: { kind: "none" },
    };
  }
  if (lock.kind === "passphrase") {
    const encrypter = encrypterFor(lock);
    return { seal: (plain) => seal(plain, encrypter), opener: lock };
  }
  const once = await generateX25519Identity();
  const own = await identityToRecipient(once);
  const encrypter = encrypterFor({ ...lock, recipients: [...lock.recipients, own] });
  return {
    seal: (plain) => seal(plain, encrypter),
    opener: { kind: "identities", identities: [once] },
  };
}

function decrypterFor(opener: Exclude<Opener, { kind: "none" }>): Decrypter {
  const decrypter = new Decrypter();
  if (opener.kind === "passphrase") {
    decrypter.addPassphrase(opener.passphrase);
    return decrypter;
  }
  for (const identity of opener.identities) {
    try {
      decrypter.addIdentity(identity);
    } catch (cause) {
      throw new BackupProblem("there is a line that is no identity of age", { cause });
    }
  }
  return decrypter;
}

async function decrypted(bytes: Bytes, opener: Exclude<Opener, { kind: "none" }>): Promise<Bytes> {
  try {
    return fromWeb(await decrypterFor(opener).decrypt(toWeb(bytes)));
  } catch (cause) {
    if (cause instanceof BackupProblem) throw cause;
    if (cause instanceof Error && cause.message.startsWith("no identity matched")) {
      const what = opener.kind === "passphrase" ? "passphrase" : "identity";
      throw new BackupProblem(`it cannot be opened: this is not its ${what}`, { cause });
    }
    throw new BackupDamaged("its head cannot be read", { cause });
  }
}

/** The bytes again, behind a look at the first of them. */
async function lookAhead(bytes: Bytes): Promise<{ first: Buffer; all: Bytes }> {
  const source = bytes[Symbol.asyncIterator]();
  const { value, done } = await source.next();
  const first = done ? Buffer.alloc(0) : Buffer.from(value);
  async function* again() {
    try {
      if (first.length > 0) yield first;
      for (let next = await source.next(); !next.done; next = await source.next()) yield next.value;
    } finally {
      await source.return?.();
    }
  }
  return { first, all: again() };
}

const begins = (bytes: Buffer, prefix: Buffer) => bytes.subarray(0, prefix.length).equals(prefix);

async function* damagedWhere(bytes: Bytes): Bytes {
  try {
    yield* bytes;
  } catch (cause) {
    throw cause instanceof BackupProblem
      ? cause
      : new BackupDamaged("it was cut off or altered", { cause });
  }
}

/**
 * Decrypts and decompresses.
 * @throws BackupProblem where it is not for this opener, BackupDamaged where it was cut off or altered
 */
export async function unseal(bytes: Bytes, opener: Opener): Promise<Bytes> {
  const { first, all } = await lookAhead(bytes);
  if (begins(first, gzipPrefix)) {
    // Or else somebody could put one of their own in the place of one that nobody can read.
    if (opener.kind !== "none") throw new BackupProblem("the backup is not encrypted");
    return damagedWhere(through(all, createGunzip()));
  }
  if (!begins(first, agePrefix)) throw new BackupDamaged("it is no backup");
  if (opener.kind === "none") throw new BackupProblem("the backup is encrypted");
  const plain = await decrypted(all, opener);
  return damagedWhere(through(damagedWhere(plain), createGunzip()));
}

/** A new key of age: the identity opens what was made for the recipient. */
export async function makeIdentity(): Promise<{ identity: string; recipient: string }> {
  const identity = await generateX25519Identity();
  return { identity, recipient: await identityToRecipient(identity) };
}
