/// <reference path="./zxcvbn-words.d.ts" />
import type { ZxcvbnFactory } from "@zxcvbn-ts/core";

export type PasswordScorer = {
  check: ZxcvbnFactory["check"];
  /** Whether a password, in whatever case, is on the shipped list as a whole. */
  isLeaked(password: string): boolean;
};

/** Lets other work in between what takes long. */
export const pause = () => new Promise<void>((resolve) => setTimeout(resolve));

async function load(): Promise<PasswordScorer> {
  const { leakedPasswords } = await import("./leaked-passwords.ts");
  const { adjacencyGraphs, dictionary } = await import("@zxcvbn-ts/language-common");
  await pause();
  const { default: english } = await import("@zxcvbn-ts/language-en/dist/commonWords.json.mjs");
  await pause();
  const { ZxcvbnFactory } = await import("@zxcvbn-ts/core");
  const zxcvbn = new ZxcvbnFactory({
    dictionary: {
      passwords: dictionary["passwords-common"],
      "leaked-long": [...leakedPasswords],
      "words-en": english,
    },
    graphs: adjacencyGraphs,
    // With the library's 100, a text of 32 characters can take seconds.
    l33tMaxSubstitutions: 2,
  });
  await pause();
  const leaked = new Set(leakedPasswords);
  return {
    check: (password, words) => zxcvbn.check(password, words),
    isLeaked: (password) => leaked.has(password.toLowerCase()),
  };
}

let loaded: Promise<PasswordScorer> | undefined;

/** The estimator with its lists, half a megabyte compressed: loaded when first asked for. */
export function passwordScorer(): Promise<PasswordScorer> {
  // What could not be fetched is tried again.
  loaded ??= load().catch((error: unknown) => {
    loaded = undefined;
    throw error;
  });
  return loaded;
}
