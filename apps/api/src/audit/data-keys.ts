import { createHmac, randomBytes } from "node:crypto";
import type { Tx } from "@muniment/db/database.ts";
import type { AuditPersonal, StoredPersonal } from "@muniment/db/schema/audit.ts";
import { dataKeys } from "@muniment/db/schema/data-keys.ts";
import type { Query } from "@muniment/db/statements.ts";
import type { PersonalData } from "@muniment/verify/leaf.ts";
import { and, inArray, lt, notLike, type SQL } from "drizzle-orm";
import { v7 as uuidv7 } from "uuid";
import { z } from "zod";
import { deriveKey, type Encryption, openBytes, sealBytes } from "../encryption.ts";

/** Whose data it is: of an account, of an address that may or may not have one, of nobody known. */
export type Subject = { userId: string } | { email: string } | { since: Date };

/** What an entry tells of its people, plainly, with whose it is. */
export type Personal = Partial<
  Record<"actor" | "target", { subject: Subject; data: PersonalData }>
>;

/** What was encrypted, or why it cannot be read: its key was destroyed or does not open, or it was altered. */
type Opened = PersonalData | "erased" | "altered" | "locked";
export type OpenedPersonal = { actor?: Opened; target?: Opened };

type Key = { id: string; key: Buffer };
const sides = ["actor", "target"] as const;

/** Believed this long without a look: what is written under a key destroyed meanwhile is unreadable. */
const cacheMilliseconds = 5000;
const maxCached = 10_000;
const rewrappedAtOnce = 5000;
const expiredAtOnce = 500;

/** Each entry and side has a key of its own, so a nonce of zeros is used once. */
const onceNonce = Buffer.alloc(12);
const placeOf = (entryId: string, side: string) => `audit:${entryId}:${side}`;

const seal = ({ id, key }: Key, data: PersonalData, place: string): StoredPersonal => ({
  key: id,
  sealed: sealBytes(deriveKey(key, place), onceNonce, Buffer.from(JSON.stringify(data)), place)
    .subarray(onceNonce.length)
    .toString("base64"),
});

type Sealed = { key: string; sealed: string };
const isSealed = (stored: StoredPersonal): stored is Sealed => "sealed" in stored;

/** Whoever owns the database can write anything there, which must not keep the rest from being read. */
function wellFormed(stored: StoredPersonal | undefined): StoredPersonal | "altered" | undefined {
  if (stored === undefined) return undefined;
  if (typeof stored !== "object" || stored === null) return "altered";
  const isText = Object.values(stored).every((value) => typeof value === "string");
  return isText && (!isSealed(stored) || z.uuid().safeParse(stored.key).success)
    ? stored
    : "altered";
}

/** The data of an opened side, or null. */
export const readable = (opened: Opened | undefined): PersonalData | null =>
  typeof opened === "object" ? opened : null;

function openSealed({ sealed, ...rest }: Sealed, key: Buffer, place: string): Opened {
  if (Object.keys(rest).length !== 1) return "altered";
  try {
    const bytes = Buffer.concat([onceNonce, Buffer.from(sealed, "base64")]);
    return JSON.parse(openBytes(deriveKey(key, place), bytes, place).toString("utf8"));
  } catch {
    return "altered";
  }
}

export type DataKeys = {
  /** Encrypts what entries tell of their people; of who was erased nothing is left. */
  seal(entries: readonly { id: string; personal: Personal }[]): Promise<AuditPersonal[]>;
  /** Reads it again. */
  open(
    entries: readonly { id: string; personal: AuditPersonal }[],
    sql?: Query,
  ): Promise<OpenedPersonal[]>;
  /** A key of a user's for one place; null for who was erased. */
  keyFor(userId: string, place: string): Promise<Buffer | null>;
  /** The id of a user's key; null where there is none. */
  idOf(userId: string): Promise<string | null>;
  /** Destroys the keys of an account and of its addresses; answers their ids. */
  destroy(tx: Tx, userId: string, emails: readonly string[]): Promise<string[]>;
  /** The same of addresses that have no account any more. */
  destroyAddresses(tx: Tx, emails: readonly string[]): Promise<string[]>;
  /** The same of all who have no account and whose keys were made before a time, some at once. */
  expire(tx: Tx, before: Date): Promise<string[]>;
  /** Forgets what it knows of keys. */
  forget(): void;
  /** Wraps every key anew that an older element of `ENCRYPTION_KEY` wraps. */
  rewrap(): Promise<number>;
};

async function remove(tx: Tx, which: SQL): Promise<string[]> {
  const rows = await tx.delete(dataKeys).where(which).returning({ id: dataKeys.id });
  return rows.map(({ id }) => id).sort();
}

const list = (values: Iterable<string>) => JSON.stringify([...values]);

/**
 * Keys that personal data in the audit log is encrypted under, one for each person, made when first
 * needed and wrapped by `ENCRYPTION_KEY`. To erase a person is to destroy their key
 * (docs/adr/0010-what-a-leaf-contains.md). `hashKeys`, newest first, hide addresses without an account.
 */
export function createDataKeys(
  sql: Query,
  encryption: Encryption,
  hashKeys: readonly Buffer[],
): DataKeys {
  let cache = new Map<string, Key & { until: number }>();
  const wrapPlace = (id: string) => `data_keys:${id}`;
  const unwrap = (row: { id: string; wrapped: string }): Key => ({
    id: row.id,
    key: Buffer.from(encryption.decrypt(row.wrapped, wrapPlace(row.id)), "base64"),
  });

  const emailSubjects = (email: string) =>
    hashKeys.map(
      (key) => `email:${createHmac("sha256", key).update(email).digest("base64url").slice(0, 22)}`,
    );

  /** The names that subjects' keys are stored under. */
  async function namesOf(subjects: readonly Subject[]): Promise<string[]> {
    const emails = new Set(subjects.flatMap((one) => ("email" in one ? [one.email] : [])));
    const accounts = new Map<string, string>();
    if (emails.size > 0) {
      const rows = await sql`
        select id, email from users
        where email in (select json_array_elements_text(${list(emails)}::text::json))`;
      for (const { id, email } of rows) accounts.set(email, `user:${id}`);
    }
    return subjects.map((one) => {
      if ("userId" in one) return `user:${one.userId}`;
      if ("since" in one) return `month:${one.since.toISOString().slice(0, 7)}`;
      return accounts.get(one.email) ?? emailSubjects(one.email)[0] ?? "";
    });
  }

  function keep(subject: string, key: Key) {
    if (cache.size >= maxCached) cache = new Map();
    cache.set(subject, { ...key, until: performance.now() + cacheMilliseconds });
  }

  const read = async (subjects: string[]) => {
    const rows = await sql`
      select id, subject, wrapped from data_keys
      where subject in (select json_array_elements_text(${list(subjects)}::text::json))`;
    return rows.map((row) => ({ subject: row.subject as string, ...unwrap(row as never) }));
  };

  /** The keys of subjects by name, made where there is none yet, except for who was erased. */
  async function keysOf(names: Iterable<string>): Promise<Map<string, Key>> {
    const found = new Map<string, Key>();
    const now = performance.now();
    const unknown = new Set<string>();
    for (const name of names) {
      const known = cache.get(name);
      if (known && known.until > now) found.set(name, known);
      else unknown.add(name);
    }
    const take = (rows: ({ subject: string } & Key)[]) => {
      for (const { subject, id, key } of rows) {
        found.set(subject, { id, key });
        keep(subject, { id, key });
        unknown.delete(subject);
      }
    };
    if (unknown.size > 0) take(await read([...unknown]));
    if (unknown.size === 0) return found;
    const made = [...unknown].map((subject) => {
      const id = uuidv7();
      const wrapped = encryption.encrypt(randomBytes(32).toString("base64"), wrapPlace(id));
      return { id, subject, wrapped };
    });
    // In a transaction of its own, so that nothing is ever written under a key that is rolled back.
    await sql`
      insert into data_keys (id, subject, wrapped, created_at)
      select id, subject, wrapped, now()
      from json_to_recordset(${JSON.stringify(made)}::text::json) as made (id uuid, subject text, wrapped text)
      where not exists (select from erasures where subject = 'user:' || erased_id)
      on conflict do nothing`;
    take(await read([...unknown]));
    return found;
  }

  const tryUnwrap = (row: { id: string; wrapped: string }): Buffer | "locked" => {
    try {
      return unwrap(row).key;
    } catch {
      return "locked";
    }
  };

  async function openAll(
    ids: Iterable<string>,
    over: Query,
  ): Promise<Map<string, Buffer | "locked">> {
    const wanted = [...ids];
    if (wanted.length === 0) return new Map();
    const rows = await over`
      select id, wrapped from data_keys
      where id in (select json_array_elements_text(${list(wanted)}::text::json)::uuid)`;
    return new Map(rows.map((row) => [row.id, tryUnwrap(row as never)]));
  }

  return {
    async seal(entries) {
      const wanted = entries.flatMap(({ id, personal }, at) =>
        sides.flatMap((side) => {
          const one = personal[side];
          return one ? [{ at, side, place: placeOf(id, side), ...one }] : [];
        }),
      );
      const names = await namesOf(wanted.map(({ subject }) => subject));
      const keys = await keysOf(new Set(names));
      const sealed: AuditPersonal[] = entries.map(() => ({}));
      for (const [index, { at, side, place, data }] of wanted.entries()) {
        const key = keys.get(names[index] ?? "");
        const of = sealed[at];
        if (key && of) of[side] = seal(key, data, place);
      }
      return sealed;
    },
    async open(entries, over = sql) {
      const ids = new Set<string>();
      const known = entries.map(({ personal }) =>
        sides.map((side) => wellFormed(personal?.[side])),
      );
      for (const stored of known.flat()) {
        if (typeof stored === "object" && isSealed(stored)) ids.add(stored.key);
      }
      const keys = await openAll(ids, over);
      const openOne = (stored: StoredPersonal | "altered", place: string): Opened => {
        if (stored === "altered" || !isSealed(stored)) return stored;
        const key = keys.get(stored.key);
        if (key === undefined) return "erased";
        return key === "locked" ? key : openSealed(stored, key, place);
      };
      return entries.map(({ id }, at) => {
        const opened: OpenedPersonal = {};
        for (const [place, side] of sides.entries()) {
          const stored = known[at]?.[place];
          if (stored) opened[side] = openOne(stored, placeOf(id, side));
        }
        return opened;
      });
    },
    async keyFor(userId, place) {
      const name = `user:${userId}`;
      const key = (await keysOf([name])).get(name);
      return key ? deriveKey(key.key, place) : null;
    },
    idOf: async (userId) => (await keysOf([`user:${userId}`])).get(`user:${userId}`)?.id ?? null,
    async destroy(tx, userId, emails) {
      const name = `user:${userId}`;
      // Else the entry that tells of the erasure would be the first to make one, and it would stay.
      await keysOf([name]);
      return remove(tx, inArray(dataKeys.subject, [name, ...emails.flatMap(emailSubjects)]));
    },
    destroyAddresses: async (tx, emails) =>
      emails.length === 0
        ? []
        : remove(tx, inArray(dataKeys.subject, emails.flatMap(emailSubjects))),
    async expire(tx, before) {
      const old = await tx
        .select({ id: dataKeys.id })
        .from(dataKeys)
        .where(and(notLike(dataKeys.subject, "user:%"), lt(dataKeys.createdAt, before)))
        .limit(expiredAtOnce);
      if (old.length === 0) return [];
      return remove(
        tx,
        inArray(
          dataKeys.id,
          old.map(({ id }) => id),
        ),
      );
    },
    forget() {
      cache = new Map();
    },
    async rewrap() {
      let done = 0;
      const rows = await sql`
        select id, wrapped from data_keys
        where not starts_with(wrapped, ${encryption.newestHead}) limit ${rewrappedAtOnce}`;
      for (const row of rows) {
        const wrapped = encryption.encrypt(
          encryption.decrypt(row.wrapped, wrapPlace(row.id)),
          wrapPlace(row.id),
        );
        await sql`update data_keys set wrapped = ${wrapped} where id = ${row.id} and wrapped = ${row.wrapped}`;
        done += 1;
      }
      return done;
    },
  };
}
