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

function isPeriodic(text: string): boolean {
  return (text + text).indexOf(text, 1) < text.length;
}

/** What is wrong with a secret, or null. Never repeats the secret itself. */
export function secretProblem(secret: string): string | null {
  if (secret.length < minLength) return `has an element shorter than ${minLength} characters`;
  // A random text may hold a word by chance, so what is left without it must be long enough alone.
  if (secret.replaceAll(guessable, "").length < minLength) {
    return "has an element built from guessable words";
  }
  if (isPeriodic(secret)) return "has an element that repeats itself";
  if (estimatedBits(secret) < minBits) return "has an element with too little entropy";
  return null;
}
