import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { BackupProblem } from "@muniment/db/backup/problem.ts";
import { findPartitions, openSnapshot, type Snapshot } from "@muniment/db/backup/snapshot.ts";
import type { ConnectionFacts } from "@muniment/db/connection.ts";
import product from "../../package.json" with { type: "json" };
import { openOwnCheckpoint, readCheckpoint } from "../audit/checkpoints.ts";
import { opensKeys } from "../audit/data-keys.ts";
import { createEncryption, idOfKey } from "../encryption.ts";
import type { Secrets } from "../secrets.ts";
import { createDiskStore } from "../uploads/disk-store.ts";
import { SectionSum } from "./checked.ts";
import { begin, beginning, dataFrames, end, ending } from "./frames.ts";
import {
  type BackupHead,
  type BackupTail,
  formatVersion,
  type Manifest,
  nameOf,
  type SectionHead,
} from "./manifest.ts";

/** What a backup is made of. */
export type Source = {
  /** The owner's connection. */
  owner: ConnectionFacts;
  dataDir: string;
  /** The text of `DATA_DIR/keyring.json` that `secrets` were read from, where some lie there: it may change. */
  keyring: string | null;
  secrets: Pick<Secrets, "fingerprints" | "auditSigning" | "encryption" | "apiKeyHmac">;
  uploads: BackupHead["uploads"];
};

/** How many API keys work, where none of them is stored under an element at hand: one of them suffices. */
async function unknownApiKeys(sql: Snapshot["sql"], ring: readonly Buffer[]): Promise<number> {
  const [row] = await sql`
    select count(*)::int as count, bool_or(hmac_key = any(${ring.map(idOfKey)})) as known from api_keys
    where hmac_key is not null and revoked_at is null
      and (expires_at is null or expires_at > now())`;
  return row?.known === true ? 0 : (row?.count ?? 0);
}

/** @throws BackupProblem where the secrets at hand are not the server's, without which nobody can use a backup */
async function requireOwnSecrets({ sql, tables }: Snapshot, { secrets }: Source) {
  const last = await readCheckpoint(sql);
  const signs =
    last === null ||
    (await openOwnCheckpoint(last.note, secrets.auditSigning).then(
      () => true,
      () => false,
    ));
  // A database of an older version does not tell.
  const tells = tables.find(({ name }) => name === "public.api_keys")?.columns.includes("hmac_key");
  const unknown = tells ? await unknownApiKeys(sql, secrets.apiKeyHmac) : 0;
  const wrong = [
    ...(signs ? [] : ["AUDIT_SIGNING_KEY"]),
    ...((await opensKeys(sql, createEncryption(secrets.encryption))) ? [] : ["ENCRYPTION_KEY"]),
    ...(unknown === 0 ? [] : ["API_KEY_SECRET"]),
  ];
  if (wrong.length === 0) return;
  const dropped =
    unknown === 0
      ? ""
      : `. Of ${unknown} API keys that are not revoked none can be found by API_KEY_SECRET: if it is the server's, an element that they need was dropped from it. Put it back behind the newest, or revoke those keys`;
  throw new BackupProblem(
    `${wrong.join(", ")}: not what the server has: run it with the server's environment${dropped}`,
  );
}

async function readHead({ sql, sequences }: Snapshot, source: Source): Promise<BackupHead> {
  const migrations =
    await sql`select hash from drizzle.__drizzle_migrations order by created_at, id`;
  const checkpoint = await readCheckpoint(sql);
  return {
    format: formatVersion,
    product: product.version,
    createdAt: new Date().toISOString(),
    migrations: migrations.map(({ hash }) => hash),
    partitions: await findPartitions(sql),
    sequences: await sequences(),
    keyring: source.keyring !== null,
    fingerprints: source.secrets.fingerprints,
    uploads: source.uploads,
    audit: checkpoint && {
      origin: checkpoint.origin,
      size: checkpoint.size,
      root: Buffer.from(checkpoint.root).toString("base64"),
    },
  };
}

type Section = { head: SectionHead; data: AsyncIterable<Uint8Array> };

async function* once(bytes: Uint8Array) {
  yield bytes;
}

const isMissing = (error: unknown) =>
  error instanceof Error && "code" in error && error.code === "ENOENT";

async function fileSection(dataDir: string, name: string): Promise<Section[]> {
  try {
    return [{ head: { file: name }, data: once(await readFile(join(dataDir, name))) }];
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

async function* sections(
  { sql, tables, copyOut }: Snapshot,
  source: Source,
  gone: () => void,
): AsyncGenerator<Section> {
  for (const table of tables) {
    yield { head: { table: table.name, columns: table.columns }, data: copyOut(table) };
  }
  if (source.keyring !== null) {
    yield { head: { file: "keyring.json" }, data: once(Buffer.from(source.keyring)) };
  }
  // Read last, so that it lacks nobody whom the snapshot has erased.
  yield* await fileSection(source.dataDir, "erasures.jsonl");
  if (source.uploads !== "carried") return;
  const store = createDiskStore(source.dataDir);
  for await (const rows of sql`select id from uploads order by id`.cursor(1000)) {
    for (const { id } of rows) {
      const bytes = await store.get(id);
      if (bytes) yield { head: { file: `uploads/${id}` }, data: once(bytes) };
      else gone();
    }
  }
}

async function* write(snapshot: Snapshot, source: Source, done: (manifest: Manifest) => void) {
  if (!snapshot.tables.some(({ name }) => name === "drizzle.__drizzle_migrations")) {
    throw new BackupProblem("there is no database of Muniment here: it has no migrations");
  }
  await requireOwnSecrets(snapshot, source);
  const head = await readHead(snapshot, source);
  yield beginning(head);
  const tail: BackupTail = { sections: [], filesGone: 0 };
  const gone = () => {
    tail.filesGone += 1;
  };
  for await (const section of sections(snapshot, source, gone)) {
    const sum = new SectionSum(section.head);
    yield begin(section.head);
    for await (const frame of dataFrames(summed(section.data, sum))) yield frame;
    const told = sum.end();
    tail.sections.push({ name: nameOf(section.head), ...told });
    yield end(told);
  }
  yield ending(tail);
  done({ ...head, ...tail });
}

async function* summed(data: AsyncIterable<Uint8Array>, sum: SectionSum) {
  for await (const chunk of data) {
    sum.add(chunk);
    yield chunk;
  }
}

/**
 * The bytes of a backup of one moment, while the server goes on. `done` is told its manifest at the end.
 * Memory does not grow with the database.
 */
export async function* writeBackup(
  source: Source,
  done: (manifest: Manifest) => void = () => {},
): AsyncGenerator<Buffer> {
  const snapshot = await openSnapshot(source.owner);
  try {
    yield* write(snapshot, source, done);
  } finally {
    await snapshot.close();
  }
}
