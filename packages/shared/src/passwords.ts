/**
 * Code points of a new password (NIST SP 800-63B-4, 3.1.1.2: 15 where it is the only factor, 8 beside
 * a second one, at least 64 allowed). Nothing is demanded of its composition, and none grows old.
 */
export const passwordLength = { minimum: 15, minimumWithSecondFactor: 8, maximum: 128 } as const;

/** The least code points of a new password for an account with or without a second factor. */
export const minimumCodePoints = (hasSecondFactor: boolean) =>
  hasSecondFactor ? passwordLength.minimumWithSecondFactor : passwordLength.minimum;

/**
 * One spelling for what looks the same: NFC, as RFC 8265, 4.2.2 prepares passwords. Case, blanks and
 * length stay as typed.
 */
export const normalisePassword = (password: string) => password.normalize("NFC");

/** What is wrong with the length of a password; null when nothing is. */
export function lengthProblem(password: string, minimum: number): string | null {
  const length = [...normalisePassword(password)].length;
  if (length < minimum) return `Use at least ${minimum} characters.`;
  if (length > passwordLength.maximum) return `Use at most ${passwordLength.maximum} characters.`;
  return null;
}

/** Words of the product that no password may contain (OWASP ASVS 5.0, 6.1.2 and 6.2.11). */
export const productWords = ["muniment"] as const;

const fold = (text: string) => text.normalize("NFKC").toLowerCase();
const wordsOf = (text: string) => fold(text).split(/[^\p{L}\p{N}]+/u);
/** Shorter ones are part of too many others. */
const shortestWord = 4;

/** Whose password it is to be, and where; what is not known yet is left out. */
export type PasswordSetting = {
  displayName?: string | undefined;
  email?: string | undefined;
  /** The host name of the installation. */
  host?: string | undefined;
};

/** The words that an attacker of this account would try: product, host, name and address. */
export function wordsToAvoid({
  displayName = "",
  email = "",
  host = "",
}: PasswordSetting): string[] {
  const [local = "", domain = ""] = email.split("@");
  // The last label, such as com, is nobody's own.
  const labels = [domain, host].flatMap((name) => name.split(".").slice(0, -1));
  const words = [displayName, local, ...labels].flatMap((text) => [fold(text), ...wordsOf(text)]);
  const long = words.filter((word) => [...word].length >= shortestWord && !/^\d+$/.test(word));
  return [...new Set([...productWords, ...long])];
}

/** The first of the words that a password contains, in whatever case. */
export function wordIn(password: string, words: readonly string[]): string | undefined {
  const folded = fold(password);
  return words.find((word) => folded.includes(word));
}
