import { isApiKey } from "@muniment/api/identity/api-key-format.ts";

export const secretKinds = [
  "api_key",
  "refresh_token",
  "access_token",
  "link",
  "webhook_secret",
  "ring_element",
] as const;
export type SecretKind = (typeof secretKinds)[number];

/** A secret in a text. `shown` is what may be told of it. */
export type Match = { kind: SecretKind; at: number; shown: string; text: string };

/** No secret is longer, the character behind it included. */
export const longest = 4096;

type Pattern = {
  kind: SecretKind;
  pattern: RegExp;
  isOurs?: (text: string) => boolean;
  shown: RegExp;
};

function isAccessToken(text: string): boolean {
  const [head = "", body = ""] = text.split(".");
  try {
    const read = (part: string) => JSON.parse(Buffer.from(part, "base64url").toString("utf8"));
    return read(head).typ === "at+jwt" && read(body).client_id === "muniment";
  } catch {
    return false;
  }
}

const patterns: readonly Pattern[] = [
  // The checksum tells a key from whatever looks like one, and a whole one from a piece.
  { kind: "api_key", pattern: /mnt_[0-9A-Za-z]{44}/g, isOurs: isApiKey, shown: /^.{12}/ },
  { kind: "refresh_token", pattern: /(?<![\w-])mnr_[\w-]{43}(?![\w-])/g, shown: /^mnr_/ },
  {
    kind: "access_token",
    pattern: /(?<![\w-])eyJ[\w-]{10,300}\.eyJ[\w-]{10,3000}\.[\w-]{86}(?![\w-])/g,
    isOurs: isAccessToken,
    shown: /^eyJ/,
  },
  {
    kind: "link",
    pattern:
      /\/(?:setup|reset|verify|invitation|confirm-email|undo-email)#token=[\w-]{43}(?![\w-])/g,
    shown: /^[^=]+=/,
  },
  { kind: "webhook_secret", pattern: /(?<![\w-])whsec_[\w-]{43}(?![\w-])/g, shown: /^whsec_/ },
];

function* occurrences(text: string, part: string): Generator<number> {
  for (let at = text.indexOf(part); at !== -1; at = text.indexOf(part, at + 1)) yield at;
}

/** The secrets of a text, in its order; `elements` are those of an installation's rings, with their names. */
export function findSecrets(text: string, elements: ReadonlyMap<string, string>): Match[] {
  const found: Match[] = [];
  for (const { kind, pattern, isOurs, shown } of patterns) {
    for (const match of text.matchAll(pattern)) {
      const [whole] = match;
      if (isOurs && !isOurs(whole)) continue;
      found.push({ kind, at: match.index, shown: `${shown.exec(whole)?.[0]}...`, text: whole });
    }
  }
  for (const [element, name] of elements) {
    for (const at of occurrences(text, element)) {
      found.push({ kind: "ring_element", at, shown: name, text: element });
    }
  }
  return found.sort((a, b) => a.at - b.at);
}
