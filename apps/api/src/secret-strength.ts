const guessable =
  /change|secret|passw|example|default|muniment|test|insecure|placeholder|1234|qwerty/gi;
const minLength = 32;
const minBits = 96;

/** Shannon entropy of the text's own characters, in bits; an upper bound for a random text of its alphabet. */
function estimatedBits(text: string): number {
  const counts = new Map<string, number>();
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) bits -= count * Math.log2(count / text.length);
  return bits;
}

/** How long a run or a repetition must be to count: so long that a random text hardly ever has one. */
const pieceLength = 6;

/** Whether each character follows the one before it in the alphabet or the digits, upwards or downwards. */
function isRun(piece: string): boolean {
  const steps = [...piece].slice(1).map((c, at) => c.charCodeAt(0) - piece.charCodeAt(at));
  return Math.abs(steps[0] ?? 0) === 1 && steps.every((step) => step === steps[0]);
}

/** The characters that those before them do not foretell: they neither go on with a run nor repeat a piece. */
function surprisingLength(text: string): number {
  const seen = new Set<string>();
  let length = 0;
  for (let end = 1; end <= text.length; end += 1) {
    const piece = text.slice(Math.max(0, end - pieceLength), end);
    const foretold = piece.length === pieceLength && (seen.has(piece) || isRun(piece));
    if (!foretold) length += 1;
    seen.add(piece);
  }
  return length;
}

/** What is wrong with a secret, or null. Never repeats the secret itself. */
export function secretProblem(secret: string): string | null {
  if (secret.length < minLength) return `has an element shorter than ${minLength} characters`;
  // A random text may hold a word by chance, so what is left without it must be long enough alone.
  if (secret.replaceAll(guessable, "").length < minLength) {
    return "has an element built from guessable words";
  }
  if (surprisingLength(secret) < minLength) {
    return "has an element that repeats itself or goes on in order";
  }
  if (estimatedBits(secret) < minBits) return "has an element with too little entropy";
  return null;
}
