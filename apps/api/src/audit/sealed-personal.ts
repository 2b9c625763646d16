import type { AuditPersonal, SealedPersonal, StoredPersonal } from "@muniment/db/schema/audit.ts";
import { toBase64 } from "@muniment/verify/base64.ts";
import { commitment, opens, type PersonalData } from "@muniment/verify/leaf.ts";
import type postgres from "postgres";
import { z } from "zod";
import { deriveKey, derivingFrom, openBytes, sealBytes } from "../encryption.ts";

export const sides = ["actor", "target"] as const;
type Side = (typeof sides)[number];

/** What is known of one person, without a salt. */
export type Known = Omit<PersonalData, "salt">;

/** A row of `data_keys`, unwrapped. */
export type DataKey = { id: string; key: Buffer };

/**
 * One that is in use, with what was encrypted under it lately, by its text; without where several people
 * share the key, of whom it would show who is the same.
 */
export type HeldKey = DataKey & {
  readonly derive: (label: string) => Buffer;
  readonly lately?: Map<string, SealedPersonal>;
};

export const hold = (key: DataKey, isOfOne = true): HeldKey => ({
  ...key,
  derive: derivingFrom(key.key),
  ...(isOfOne ? { lately: new Map() } : {}),
});

const mostLately = 16;

/** Two columns of an entry: what the log commits to. */
export type Commitments = {
  actorCommitment: Uint8Array | null;
  targetCommitment: Uint8Array | null;
};

/** What was encrypted, or why it cannot be read: its key was destroyed or does not open, or it was altered. */
export type Opened = PersonalData | "erased" | "altered" | "locked";
export type OpenedPersonal = { [side in Side]?: Opened };

/** Each entry and part of it has a key of its own, so a nonce of zeros is used once. */
const onceNonce = Buffer.alloc(12);
const placeOf = (entryId: string, part: string) => `audit:${entryId}:${part}`;

/**
 * Encrypts data for an entry; where the same was encrypted for another lately, that is answered. Most
 * entries tell the same of who acts, and nothing else of what an entry costs takes as long as a cipher.
 */
function seal({ id, derive, lately }: HeldKey, data: object, entryId: string, part: string) {
  const text = JSON.stringify(data);
  const known = lately?.get(part + text);
  if (known) return known;
  const place = placeOf(entryId, part);
  const sealed = sealBytes(derive(place), onceNonce, Buffer.from(text), place)
    .subarray(onceNonce.length)
    .toString("base64");
  const made: SealedPersonal = { key: id, sealed, of: entryId };
  if (lately && lately.size >= mostLately) lately.clear();
  lately?.set(part + text, made);
  return made;
}

/** 128 bits for each side of an entry, which nobody can tell without the key (HMAC-SHA256 as a PRF). */
function saltsOf(derive: HeldKey["derive"], entryId: string): Record<Side, string> {
  const bytes = derive(`audit:${entryId}:salts`);
  return { actor: bytes.toString("base64", 0, 16), target: bytes.toString("base64", 16) };
}

/**
 * Encrypts what an entry tells of its people, at once where it is under one key, else each by itself;
 * and says what the log commits to.
 */
export function sealPersonal(
  entryId: string,
  { actor, target }: { [side in Side]?: { key: HeldKey; data: Known } | undefined },
): Commitments & { personal: AuditPersonal } {
  const isOne = actor && target && actor.key.id === target.key.id;
  const ofActor = actor && saltsOf(actor.key.derive, entryId);
  const ofTarget = isOne ? ofActor : target && saltsOf(target.key.derive, entryId);
  return {
    personal: isOne
      ? { both: seal(actor.key, { actor: actor.data, target: target.data }, entryId, "both") }
      : {
          ...(actor ? { actor: seal(actor.key, actor.data, entryId, "actor") } : {}),
          ...(target ? { target: seal(target.key, target.data, entryId, "target") } : {}),
        },
    actorCommitment: ofActor ? commitment({ salt: ofActor.actor, ...actor.data }) : null,
    targetCommitment:
      ofTarget && target ? commitment({ salt: ofTarget.target, ...target.data }) : null,
  };
}

const isSealed = (stored: StoredPersonal): stored is SealedPersonal => "sealed" in stored;

/** Whoever owns the database can write anything there, which must not keep the rest from being read. */
function wellFormed(stored: StoredPersonal | undefined): StoredPersonal | "altered" | undefined {
  if (stored === undefined) return undefined;
  if (typeof stored !== "object" || stored === null) return "altered";
  const isText = Object.values(stored).every((value) => typeof value === "string");
  return isText && (!isSealed(stored) || z.uuid().safeParse(stored.key).success)
    ? stored
    : "altered";
}

/** The ids of the keys that are needed to open what is stored of an entry. */
export const keysNeeded = (personal: AuditPersonal | null): string[] =>
  [personal?.actor, personal?.target, personal?.both].flatMap((stored) => {
    const known = wellFormed(stored);
    return typeof known === "object" && isSealed(known) ? [known.key] : [];
  });

/** The id of the key that a side was encrypted under; null where it was not. */
export function keyOfSide({ both, ...personal }: AuditPersonal, side: Side): string | null {
  const stored = both ?? personal[side];
  return stored && isSealed(stored) ? stored.key : null;
}

type Keys = ReadonlyMap<string, Buffer | "locked">;

/** What is under a key, with the salts of the entry; or why it cannot be read. */
function openSealed(
  { key: id, sealed, of, ...rest }: SealedPersonal,
  keys: Keys,
  entryId: string,
  part: string,
) {
  const key = keys.get(id);
  if (key === undefined) return "erased";
  if (key === "locked") return key;
  if (Object.keys(rest).length > 0) return "altered";
  try {
    const place = placeOf(of ?? entryId, part);
    const bytes = Buffer.concat([onceNonce, Buffer.from(sealed, "base64")]);
    const data = JSON.parse(openBytes(deriveKey(key, place), bytes, place).toString("utf8"));
    return {
      data,
      salts: of === undefined ? undefined : saltsOf((label) => deriveKey(key, label), entryId),
    };
  } catch {
    return "altered";
  }
}

function openSides(entryId: string, personal: AuditPersonal | null, keys: Keys): OpenedPersonal {
  const both = wellFormed(personal?.both);
  const found: OpenedPersonal = {};
  for (const side of sides) {
    const stored = both ?? wellFormed(personal?.[side]);
    if (stored === undefined) continue;
    if (stored === "altered" || !isSealed(stored)) {
      found[side] = both ? "altered" : (stored as "altered" | PersonalData);
      continue;
    }
    const opened = openSealed(stored, keys, entryId, both ? "both" : side);
    if (typeof opened === "string") found[side] = opened;
    else {
      const data = both ? opened.data?.[side] : opened.data;
      found[side] = opened.salts ? { ...data, salt: opened.salts[side] } : data;
    }
  }
  return found;
}

/** An entry's columns of which its people are read. */
export type PersonalColumns = Commitments & { id: string; personal: AuditPersonal | null };

/** Reads what is stored of an entry with the keys that there are; `altered` where the log commits to something else. */
export function openPersonal(entry: PersonalColumns, keys: Keys): OpenedPersonal {
  const opened = openSides(entry.id, entry.personal, keys);
  for (const side of sides) {
    const committed = entry[`${side}Commitment`];
    const data = opened[side];
    if (typeof data === "object" && !opens(committed && toBase64(committed), data))
      opened[side] = "altered";
  }
  return opened;
}

/** The same columns of a row that comes without Drizzle. */
export const personalColumnsOf = (row: postgres.Row): PersonalColumns => ({
  id: row.id,
  personal: row.personal,
  actorCommitment: row.actor_commitment,
  targetCommitment: row.target_commitment,
});

/** The data of an opened side, or null. */
export const readable = (opened: Opened | undefined): PersonalData | null =>
  typeof opened === "object" ? opened : null;
