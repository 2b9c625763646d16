import { fromBase64, sameBytes } from "./base64.ts";
import { canonicalJson } from "./canonical-json.ts";
import { sha256OfText, sha256OfTextInBase64 } from "./sha256.ts";

/**
 * Personal data of one person in an entry. The salt, 128 random bits in base 64, keeps the data from
 * being guessed once it is erased.
 */
export type PersonalData = { salt: string; label?: string; address?: string; userAgent?: string };

/** What the log commits to of an entry. `personal` are commitments, null where there is no such data. */
export type Leaf = {
  v: 1;
  id: string;
  at: string;
  actor: { kind: string; id: string | null; personal: string | null };
  action: string;
  target: { kind: string; id: string | null; personal: string | null } | null;
  outcome: string;
  requestId: string | null;
  details: Record<string, unknown>;
};

/** SHA-256 of the canonical JSON of the data with its salt. */
export const commitment = (data: PersonalData): Uint8Array => sha256OfText(canonicalJson(data));

/** The bytes of a leaf, as text: its canonical JSON (RFC 8785). */
export const leafText = (leaf: Leaf): string => canonicalJson(leaf);

/**
 * Whether data is what a leaf committed to; data that was erased (null) can always be.
 * @throws where the data is no answer to what is committed, which is no commitment at all
 */
export function opens(committed: string | null, data: PersonalData | null): boolean {
  if (data === null) return true;
  if (committed === null) return false;
  const found = sha256OfTextInBase64(canonicalJson(data));
  // Bytes have one text in base 64, so that of what is right nothing need be decoded.
  return committed === found || sameBytes(fromBase64(committed), fromBase64(found));
}
