import { createHmac, randomBytes } from "node:crypto";
import type { Database, Tx } from "@muniment/db/database.ts";
import { build, textPlaceholder } from "@muniment/db/prepared.ts";
import { dataKeys } from "@muniment/db/schema/data-keys.ts";
import type { Query } from "@muniment/db/statements.ts";
import { and, inArray, lt, notLike, type SQL, sql as statement } from "drizzle-orm";
import type { PgColumn } from "drizzle-orm/pg-core";
import { v7 as uuidv7 } from "uuid";
import { deriveKey, type Encryption } from "../encryption.ts";
import {
  type DataKey,
  type HeldKey,
  hold,
  type Known,
  keysNeeded,
  type OpenedPersonal,
  openPersonal,
  type PersonalColumns,
  sealPersonal,
} from "./sealed-personal.ts";

/** What a key is wrapped for. */
export const wrapPlace = (id: string) => `data_keys:${id}`;

/** Whose data it is: of an account, of an address that may or may not have one, of nobody known. */
export type Subject = { userId: string } | { email: string } | { since: Date };

/** What an entry tells of its people, plainly, with whose it is. */
export type Personal = Partial<Record<"actor" | "target", { subject: Subject; data: Known }>>;

/** Believed this long without a look: what is written under a key destroyed meanwhile is unreadable. */
const cacheMilliseconds = 5000;
const maxCached = 10_000;
const expiredAtOnce = 500;
/** How the names of keys begin that all share who were not known in a month. */
const shared = "month:";

/** The name that a user's key is stored under. */
const nameOfUser = (userId: string) => `user:${userId}`;
/** The same of a column. */
export const subjectOfUser = (userId: PgColumn): SQL => statement`'user:' || ${userId}`;

/** A key as it is stored. */
export type WrappedKey = { id: string; wrapped: string };
/** The same, and when it was looked up, by `performance.now()`. */
export type FoundKey = WrappedKey & { at: number };

export type DataKeys = {
  /** Encrypts what entries tell of their people, and commits to it; of who was erased nothing is left. */
  seal(
    entries: readonly { id: string; personal: Personal }[],
  ): Promise<ReturnType<typeof sealPersonal>[]>;
  /** Reads it again. */
  open(entries: readonly PersonalColumns[], sql?: Query): Promise<OpenedPersonal[]>;
  /** A key of a user's for one place; null for who was erased. */
  keyFor(userId: string, place: string): Promise<Buffer | null>;
  /** The id of a user's key, null where there is none; `found` is what was found of it lately. */
  idOf(userId: string, found?: FoundKey | null): Promise<string | null>;
  /** Destroys the keys of an account and of its addresses; answers their ids. */
  destroy(tx: Tx, userId: string, emails: readonly string[]): Promise<string[]>;
  /** The same of addresses that have no account any more. */
  destroyAddresses(tx: Tx, emails: readonly string[]): Promise<string[]>;
  /** The same of all who have no account and whose keys were made before a time, some at once. */
  expire(tx: Tx, before: Date): Promise<string[]>;
  /** Forgets what it knows of keys. */
  forget(): void;
};

async function remove(tx: Tx, which: SQL): Promise<string[]> {
  const rows = await tx.delete(dataKeys).where(which).returning({ id: dataKeys.id });
  return rows.map(({ id }) => id).sort();
}

const list = (values: Iterable<string>) => JSON.stringify([...values]);

const keysOfSubjects = build
  .select({ id: dataKeys.id, subject: dataKeys.subject, wrapped: dataKeys.wrapped })
  .from(dataKeys)
  .where(
    statement`${dataKeys.subject} in (
      select json_array_elements_text(${textPlaceholder("subjects")}::json)
    )`,
  )
  .prepare("keys_of_subjects");

/** Wrapped keys by the names of their subjects. */
type FindKeys = (subjects: string[]) => PromiseLike<Record<string, unknown>[]>;

/** The same over the connections of looks by a key, so that a change waits for nothing but its like. */
export const findKeysOver =
  (database: Pick<Database, "run">): FindKeys =>
  (subjects) =>
    database.run(keysOfSubjects, {}, { subjects: Buffer.from(list(subjects)) });

const findKeysBy =
  (sql: Query): FindKeys =>
  (subjects) =>
    sql`
      select id, subject, wrapped from data_keys
      where subject in (select json_array_elements_text(${list(subjects)}::text::json))`;

/** Whether the keys in a database are wrapped by this `ENCRYPTION_KEY`, as one of them tells. */
export async function opensKeys(sql: Query, encryption: Encryption): Promise<boolean> {
  const [row] = await sql`select id, wrapped from data_keys order by created_at desc limit 1`;
  try {
    if (row) encryption.decrypt(row.wrapped, wrapPlace(row.id));
    return true;
  } catch {
    return false;
  }
}

/**
 * Keys that personal data in the audit log is encrypted under, one for each person, made when first
 * needed and wrapped by `ENCRYPTION_KEY`. To erase a person is to destroy their key
 * (docs/adr/0010-what-a-leaf-contains.md). `hashKeys`, newest first, hide addresses without an account.
 */
export function createDataKeys(
  sql: Query,
  encryption: Encryption,
  hashKeys: readonly Buffer[],
  findKeys = findKeysBy(sql),
): DataKeys {
  let cache = new Map<string, { held: HeldKey; until: number }>();
  const unwrap = (row: WrappedKey): DataKey => ({
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
      for (const { id, email } of rows) accounts.set(email, nameOfUser(id));
    }
    return subjects.map((one) => {
      if ("userId" in one) return nameOfUser(one.userId);
      if ("since" in one) return `${shared}${one.since.toISOString().slice(0, 7)}`;
      return accounts.get(one.email) ?? emailSubjects(one.email)[0] ?? "";
    });
  }

  /** What was looked up before may be of a key that is destroyed. */
  let forgottenAt = 0;
  let sweeping: NodeJS.Timeout | undefined;
  const sweepLater = () => {
    sweeping = setTimeout(sweep, cacheMilliseconds).unref();
  };
  /** Forgets what is not believed any more: with it what people's entries told, perhaps of somebody erased. */
  function sweep() {
    sweeping = undefined;
    const now = performance.now();
    for (const [subject, { until }] of cache) if (until <= now) cache.delete(subject);
    if (cache.size > 0) sweepLater();
  }

  function keep(subject: string, held: HeldKey, foundAt = performance.now()) {
    if (cache.size >= maxCached) cache = new Map();
    cache.set(subject, { held, until: foundAt + cacheMilliseconds });
    if (!sweeping) sweepLater();
  }

  const read = async (subjects: string[]) => {
    const rows = await findKeys(subjects);
    return rows.map((row) => {
      const subject = row.subject as string;
      return { subject, held: hold(unwrap(row as never), !subject.startsWith(shared)) };
    });
  };

  /** The keys of subjects by name, made where there is none yet, except for who was erased. */
  async function keysOf(names: Iterable<string>): Promise<Map<string, HeldKey>> {
    const found = new Map<string, HeldKey>();
    const now = performance.now();
    const unknown = new Set<string>();
    for (const name of names) {
      const known = cache.get(name);
      if (known && known.until > now) found.set(name, known.held);
      else unknown.add(name);
    }
    const take = (rows: { subject: string; held: HeldKey }[]) => {
      for (const { subject, held } of rows) {
        found.set(subject, held);
        keep(subject, held);
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

  const tryUnwrap = (row: WrappedKey): Buffer | "locked" => {
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

  /** The key of an account that is in memory, as it nearly always is of whose call this is. */
  function heldOf(subject: Subject, now: number): HeldKey | undefined {
    const known = "userId" in subject ? cache.get(nameOfUser(subject.userId)) : undefined;
    return known && known.until > now ? known.held : undefined;
  }

  type Side = Personal["actor"];
  const withKey = (side: Side, key: HeldKey | undefined) => side && key && { key, data: side.data };

  /** The same as `sealAll` for one entry whose keys are in memory, in a third of the time; else undefined. */
  function sealHeld(id: string, { actor, target }: Personal) {
    const now = performance.now();
    const ofActor = actor && heldOf(actor.subject, now);
    const isOne = target?.subject === actor?.subject;
    const ofTarget = isOne ? ofActor : target && heldOf(target.subject, now);
    if ((actor && !ofActor) || (target && !ofTarget)) return undefined;
    return sealPersonal(id, {
      actor: withKey(actor, ofActor),
      target: withKey(target, ofTarget),
    });
  }

  async function sealAll(entries: readonly { id: string; personal: Personal }[]) {
    const said = entries.flatMap(({ personal: { actor, target } }) => [
      ...(actor ? [actor.subject] : []),
      ...(target ? [target.subject] : []),
    ]);
    const names = await namesOf(said);
    const keys = await keysOf(new Set(names));
    const keyOf = new Map(said.map((subject, at) => [subject, keys.get(names[at] ?? "")]));
    const sealed = (side: Side) => withKey(side, side && keyOf.get(side.subject));
    return entries.map(({ id, personal: { actor, target } }) =>
      sealPersonal(id, { actor: sealed(actor), target: sealed(target) }),
    );
  }

  return {
    async seal(entries) {
      const [first, ...more] = entries;
      const sealed = first && more.length === 0 && sealHeld(first.id, first.personal);
      return sealed ? [sealed] : sealAll(entries);
    },
    async open(entries, over = sql) {
      const ids = new Set(entries.flatMap(({ personal }) => keysNeeded(personal)));
      const keys = await openAll(ids, over);
      return entries.map((entry) => openPersonal(entry, keys));
    },
    async keyFor(userId, place) {
      const name = nameOfUser(userId);
      const key = (await keysOf([name])).get(name);
      return key ? deriveKey(key.key, place) : null;
    },
    async idOf(userId, found) {
      const name = nameOfUser(userId);
      const now = performance.now();
      const isNews = found && found.at >= forgottenAt && !heldOf({ userId }, now);
      if (isNews) keep(name, hold(unwrap(found)), found.at);
      const key = heldOf({ userId }, now) ?? (await keysOf([name])).get(name);
      return key?.id ?? null;
    },
    async destroy(tx, userId, emails) {
      const name = nameOfUser(userId);
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
      forgottenAt = performance.now();
    },
  };
}
