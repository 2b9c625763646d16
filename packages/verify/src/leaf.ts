import { canonicalJson, isPlain } from "./canonical-json.ts";
import { sha256OfText, sha256OfTextInBase64 } from "./sha256.ts";

/**
 * Personal data of one person in an entry. The salt, 128 bits in base 64 that nobody can guess, keeps the data from
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

const personalFields = ["address", "label", "salt", "userAgent"] as const;

/** The canonical JSON of personal data, in a third of the time where each text stands for itself. */
function personalText(data: PersonalData): string {
  let text = "";
  let fields = 0;
  for (const name of personalFields) {
    const value = data[name];
    if (typeof value !== "string" || !isPlain(value)) continue;
    text += `${fields === 0 ? "{" : ","}"${name}":"${value}"`;
    fields += 1;
  }
  return fields > 0 && fields === Object.keys(data).length ? `${text}}` : canonicalJson(data);
}

/** SHA-256 of the canonical JSON of the data with its salt. */
export const commitment = (data: PersonalData): Uint8Array => sha256OfText(personalText(data));

const partyText = ({ id, kind, personal }: Leaf["actor"]): string =>
  `{"id":${canonicalJson(id)},"kind":${canonicalJson(kind)},"personal":${canonicalJson(personal)}}`;

/** The bytes of a leaf, as text: its canonical JSON (RFC 8785), with its known fields in their order. */
export const leafText = (leaf: Leaf): string =>
  `{"action":${canonicalJson(leaf.action)},"actor":${partyText(leaf.actor)},"at":${canonicalJson(leaf.at)},` +
  `"details":${canonicalJson(leaf.details)},"id":${canonicalJson(leaf.id)},` +
  `"outcome":${canonicalJson(leaf.outcome)},"requestId":${canonicalJson(leaf.requestId)},` +
  `"target":${leaf.target ? partyText(leaf.target) : "null"},"v":${leaf.v}}`;

const string = '"[^"\\0-\\x1f]*"';
const party = `\\{"id":(?:null|${string}),"kind":${string},"personal":(?:null|"([^"\\0-\\x1f]*)")\\}`;
/** Where canonical JSON has the actor and, at its end, the target, as long as nothing is escaped. */
const actorPart = new RegExp(`\\{"action":${string},"actor":${party},"at":`, "y");
const targetPart = new RegExp(`,"target":(?:null|${party}),"v":1\\}$`, "y");

/**
 * What a leaf commits to, from its text; the same that parsing it says, which takes three times as long.
 * @throws where the text is no leaf
 */
export function commitmentsIn(text: string): { actor: string | null; target: string | null } {
  if (!text.includes("\\")) {
    actorPart.lastIndex = 0;
    const actor = actorPart.exec(text);
    targetPart.lastIndex = Math.max(0, text.lastIndexOf(',"target":'));
    const target = targetPart.exec(text);
    // Of fields of the same name, the last would be the one that counts, space before its colon or not.
    const isOnly = actor && !text.includes('"actor"', actor[0].length);
    if (isOnly && target) return { actor: actor[1] ?? null, target: target[1] ?? null };
  }
  const { actor, target } = JSON.parse(text) as Leaf;
  return { actor: actor.personal, target: target?.personal ?? null };
}

/** Whether data is what a leaf committed to; data that was erased (null) can always be. */
export const opens = (committed: string | null, data: PersonalData | null): boolean =>
  data === null || committed === sha256OfTextInBase64(personalText(data));
