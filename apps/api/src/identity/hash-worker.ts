import { parentPort } from "node:worker_threads";
import { hashSync, verifySync } from "@node-rs/argon2";
import type { Config } from "../config.ts";
import { isArgon2id, verifyImported } from "./imported-hash.ts";

/** Asks whether a password fits a hash, or for a new hash of it. */
export type HashQuestion =
  | { password: string; stored: string }
  | { password: string; cost: Config["argon2"] };
/** The answers come in the order of the questions. */
export type HashAnswer = { value: boolean | string } | { error: Error };

async function compute(question: HashQuestion): Promise<boolean | string> {
  const { password } = question;
  // argon2id (RFC 9106), the library's own default, with the configured cost, one lane.
  if ("cost" in question) return hashSync(password, { parallelism: 1, ...question.cost });
  const { stored } = question;
  return isArgon2id(stored) ? verifySync(stored, password) : await verifyImported(stored, password);
}

const answer = (question: HashQuestion): Promise<HashAnswer> =>
  compute(question).then(
    (value) => ({ value }),
    (error: Error) => ({ error }),
  );

/** What the next question waits for, as a library may have to be loaded for this one. */
let turn: Promise<unknown> = Promise.resolve();
parentPort?.on("message", (question: HashQuestion) => {
  turn = turn.then(async () => parentPort?.postMessage(await answer(question)));
});
