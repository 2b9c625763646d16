const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const none = 0xff;
/** The value of each character of the alphabet, `none` of all others. */
const values = new Uint8Array(128).fill(none);
for (const [value, character] of [...alphabet].entries()) values[character.charCodeAt(0)] = value;

/** What 12 bits are written as. */
const pairs = Array.from(
  { length: 4096 },
  (_, bits) => alphabet.charAt(bits >> 6) + alphabet.charAt(bits & 63),
);

/** Standard base 64 with padding (RFC 4648, section 4). */
export function toBase64(bytes: Uint8Array): string {
  const { length } = bytes;
  let text = "";
  for (let at = 0; at < length; at += 3) {
    const [a = 0, b = 0, c = 0] = [bytes[at], bytes[at + 1], bytes[at + 2]];
    text += `${pairs[(a << 4) | (b >> 4)]}${pairs[((b & 15) << 8) | c]}`;
  }
  const missing = (3 - (length % 3)) % 3;
  return missing === 0 ? text : text.slice(0, -missing) + "=".repeat(missing);
}

/** @throws where the text is not base 64 in its one canonical form */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
  if (text.length % 4 !== 0) throw new Error("not base 64");
  const digits = text.length - padding;
  const bytes = new Uint8Array((text.length / 4) * 3 - padding);
  let bits = 0;
  let written = 0;
  for (let at = 0; at < digits; at += 1) {
    const value = values[text.charCodeAt(at)] ?? none;
    if (value === none) throw new Error("not base 64");
    bits = ((bits << 6) | value) & 0xffff;
    // Each digit but the first of four completes a byte.
    if (at % 4 !== 0) bytes[written++] = bits >> (6 - 2 * (at % 4));
  }
  // What the last digit has beyond the last byte.
  const rest = padding === 2 ? 15 : padding === 1 ? 3 : 0;
  if ((bits & rest) !== 0) throw new Error("not base 64 in its canonical form");
  return bytes;
}

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let at = 0; at < a.length; at += 1) if (a[at] !== b[at]) return false;
  return true;
}
