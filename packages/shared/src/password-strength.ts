import { passwordScorer, pause } from "./password-scorer.ts";
import { lengthProblem, normalisePassword, passwordLength, wordIn } from "./passwords.ts";

export type PasswordJudgement = {
  /** From 0, guessed at once, to 4. */
  score: 0 | 1 | 2 | 3 | 4;
  /** Why the password is refused, in sentences for whoever chooses it; null when it is not. */
  problem: string | null;
};

/** What zxcvbn found, by the keys of its own messages. */
const found: Record<string, string> = {
  straightRow: "It follows a row of the keyboard.",
  keyPattern: "It follows the keys of the keyboard.",
  simpleRepeat: "It repeats one character.",
  extendedRepeat: "It repeats the same characters.",
  sequences: "It goes up or down the alphabet or the numbers.",
  recentYears: "It is mostly a year.",
  dates: "It is mostly a date.",
  wordByItself: "It is a single word.",
  namesByThemselves: "It is a single name.",
  commonNames: "It is made of common names.",
  userInputs: "It is made of your own name or address.",
  topTen: "It is among the passwords that attackers try first.",
  topHundred: "It is among the passwords that attackers try first.",
  common: "It is among the passwords that attackers try first.",
  similarToCommon: "It is close to one of the passwords that attackers try first.",
};

/** zxcvbn's time grows faster than the text, and a guess of so many characters says enough. */
const scoredCodePoints = 32;
/** By zxcvbn's scale: 10^8 guesses, or 10^6 where a second factor stands beside the password. */
const leastScoreFor = (minimumCodePoints: number) =>
  minimumCodePoints < passwordLength.minimum ? 2 : 3;
const remedy = "Add a few words that have nothing to do with each other.";

/** Both ends of a long password: it is as strong as the stronger of its parts. */
function scoredParts(password: string): string[] {
  const characters = [...password];
  if (characters.length <= scoredCodePoints) return [password];
  return [characters.slice(0, scoredCodePoints), characters.slice(-scoredCodePoints)].map((part) =>
    part.join(""),
  );
}

type Rules = {
  minimumCodePoints: number;
  /** See `wordsToAvoid`. */
  avoid: readonly string[];
};

async function judge(
  password: string,
  { minimumCodePoints, avoid }: Rules,
): Promise<PasswordJudgement> {
  const tooShortOrLong = lengthProblem(password, minimumCodePoints);
  const text = normalisePassword(password);
  const scorer = await passwordScorer();
  const isLeaked = scorer.isLeaked(text);
  const results = scoredParts(text).map((part) => scorer.check(part, [...avoid]));
  const best = results.reduce((a, b) => (b.score > a.score ? b : a));
  const score = isLeaked ? 0 : best.score;
  if (tooShortOrLong) return { score: Math.min(score, 2) as 0 | 1 | 2, problem: tooShortOrLong };
  const word = wordIn(text, avoid);
  if (word) {
    const problem = `Leave out “${word}”: words of your name, your address or this place are tried first.`;
    return { score: Math.min(score, 1) as 0 | 1, problem };
  }
  if (score >= leastScoreFor(minimumCodePoints)) return { score, problem: null };
  const why = isLeaked ? found.common : found[best.feedback.warning ?? ""];
  return { score, problem: `${why ?? "It is too easy to guess."} ${remedy}` };
}

let lastTurn: Promise<unknown> = Promise.resolve();

/**
 * Judges a new password: its length in code points, whether it contains one of the words to avoid,
 * and how soon it would be guessed, by zxcvbn with lists of leaked passwords. The same in browser
 * and server. Each takes tens of milliseconds at most, once the lists are loaded, and they take
 * turns with a pause in between, so that many at once do not hold up everything else.
 */
export function judgePassword(password: string, rules: Rules): Promise<PasswordJudgement> {
  const turn = lastTurn.then(pause).then(() => judge(password, rules));
  lastTurn = turn.catch(() => {});
  return turn;
}
