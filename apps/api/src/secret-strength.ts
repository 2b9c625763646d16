/** Words of placeholders and of this product, which a random text only holds by chance. */
const guessable =
  /change|secret|secure|passw|example|default|muniment|placeholder|production|random|super|test|token|server|admin|your|key|1234/gi;
const minLength = 32;
/** Below what any random text of that length comes to, were it of digits alone, or six words by dice. */
const minBits = 72;

/** Orders in which characters are written without thinking: the alphabet, digits, rows of keyboards. */
const orders = [
  "abcdefghijklmnopqrstuvwxyz",
  "01234567890123456789",
  "qwertyuiop",
  "qwertzuiop",
  "azertyuiop",
  "asdfghjkl",
  "zxcvbnm",
  "yxcvbnm",
].flatMap((order) => [order, [...order].reverse().join("")]);
/** How many characters tell that an order is gone on with, or a piece repeated. */
const pieceLength = 4;

/** The characters that those before them do not foretell: they neither go on with an order nor repeat a piece. */
function surprising(text: string): string {
  const seen = new Set<string>();
  let rest = "";
  for (let end = 1; end <= text.length; end += 1) {
    const piece = text.slice(Math.max(0, end - pieceLength), end).toLowerCase();
    const isForetold = seen.has(piece) || orders.some((order) => order.includes(piece));
    if (piece.length < pieceLength || !isForetold) rest += text[end - 1];
    if (piece.length === pieceLength) seen.add(piece);
  }
  return rest;
}

/** Each character of every place that `step` divides, then those one place on, and so forth. */
function dealt(text: string, step: number): string {
  const rounds = Array.from({ length: step }, (_, from) =>
    [...text].filter((_character, at) => at % step === from),
  );
  return rounds.flat().join("");
}

/** Shannon entropy of the text's own characters, in bits; an upper bound for a random text of its alphabet. */
function shannonBits(text: string): number {
  const counts = new Map<string, number>();
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) bits -= count * Math.log2(count / text.length);
  return bits;
}

/** What is left of a text, in bits, without guessable words and all that is foretold, also in `aabbcc` or `acbdce`. */
function estimatedBits(text: string): number {
  const rest = text.replaceAll(guessable, "");
  return Math.min(...[1, 2, 3].map((step) => shannonBits(surprising(dealt(rest, step)))));
}

/** What is wrong with a secret, or null. Never repeats the secret itself. */
export function secretProblem(secret: string): string | null {
  if (secret.length < minLength) return `has an element shorter than ${minLength} characters`;
  if (estimatedBits(secret) < minBits) {
    return `has an element that is guessable: without common words, repetitions and sequences it holds less than ${minBits} bits`;
  }
  return null;
}
