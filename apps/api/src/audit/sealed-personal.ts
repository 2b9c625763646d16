import type { AuditPersonal, SealedPersonal, StoredPersonal } from "@muniment/db/schema/audit.ts";
import type { PersonalData } from "@muniment/verify/leaf.ts";
import { z } from "zod";
import { deriveKey, openBytes, sealBytes } from "../encryption.ts";

export const sides = ["actor", "target"] as const;
type Side = (typeof sides)[number];

/** A row of `data_keys`, unwrapped. */
export type DataKey = { id: string; key: Buffer };

/** What was encrypted, or why it cannot be read: its key was destroyed or does not open, or it was altered. */
export type Opened = PersonalData | "erased" | "altered" | "locked";
export type OpenedPersonal = { [side in Side]?: Opened };

/** Each entry and part of it has a key of its own, so a nonce of zeros is used once. */
const onceNonce = Buffer.alloc(12);
const placeOf = (entryId: string, part: string) => `audit:${entryId}:${part}`;

const seal = ({ id, key }: DataKey, data: object, place: string): SealedPersonal => ({
  key: id,
  sealed: sealBytes(deriveKey(key, place), onceNonce, Buffer.from(JSON.stringify(data)), place)
    .subarray(onceNonce.length)
    .toString("base64"),
});

/** Encrypts what an entry tells of its people: at once where it is under one key, else each by itself. */
export function sealPersonal(
  entryId: string,
  { actor, target }: { [side in Side]?: { key: DataKey; data: PersonalData } | undefined },
): AuditPersonal {
  if (actor && target && actor.key.id === target.key.id) {
    const data = { actor: actor.data, target: target.data };
    return { both: seal(actor.key, data, placeOf(entryId, "both")) };
  }
  return {
    ...(actor ? { actor: seal(actor.key, actor.data, placeOf(entryId, "actor")) } : {}),
    ...(target ? { target: seal(target.key, target.data, placeOf(entryId, "target")) } : {}),
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

function openSealed<T>({ key: id, sealed, ...rest }: SealedPersonal, keys: Keys, place: string) {
  const key = keys.get(id);
  if (key === undefined) return "erased";
  if (key === "locked") return key;
  if (Object.keys(rest).length > 0) return "altered";
  try {
    const bytes = Buffer.concat([onceNonce, Buffer.from(sealed, "base64")]);
    return JSON.parse(openBytes(deriveKey(key, place), bytes, place).toString("utf8")) as T;
  } catch {
    return "altered";
  }
}

/** Reads what is stored of an entry with the keys that there are. */
export function openPersonal(
  entryId: string,
  personal: AuditPersonal | null,
  keys: Keys,
): OpenedPersonal {
  const both = wellFormed(personal?.both);
  if (both !== undefined) {
    const opened =
      both === "altered" || !isSealed(both)
        ? "altered"
        : openSealed<Record<Side, PersonalData>>(both, keys, placeOf(entryId, "both"));
    return typeof opened === "string" ? { actor: opened, target: opened } : opened;
  }
  const found: OpenedPersonal = {};
  for (const side of sides) {
    const stored = wellFormed(personal?.[side]);
    if (stored === undefined) continue;
    found[side] =
      stored === "altered" || !isSealed(stored)
        ? stored
        : openSealed<PersonalData>(stored, keys, placeOf(entryId, side));
  }
  return found;
}

/** The data of an opened side, or null. */
export const readable = (opened: Opened | undefined): PersonalData | null =>
  typeof opened === "object" ? opened : null;
