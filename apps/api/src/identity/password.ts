import { normalisePassword } from "@muniment/shared/passwords.ts";
import type { Config } from "../config.ts";
import { createHashing } from "./hashing.ts";
import { isArgon2id } from "./imported-hash.ts";

type Cost = Config["argon2"];

/** All hashes of passwords of this process are computed here, so that they take turns. */
const hashing = createHashing();

export function hashPassword(password: string, cost: Cost): Promise<string> {
  return hashing.hash(normalisePassword(password), cost);
}

export function verifyPassword(stored: string, password: string): Promise<boolean> {
  return hashing.verify(stored, isArgon2id(stored) ? normalisePassword(password) : password);
}

/** Whether a hash costs less to guess than one made now. */
export function isCheaper(stored: string, { memoryCost, timeCost }: Cost): boolean {
  const cost = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=1\$/.exec(stored);
  return !cost || Number(cost[1]) < memoryCost || Number(cost[2]) < timeCost;
}

let decoy: Promise<string> | undefined;

/** Makes what unknown accounts are verified against, so that the first of them waits no longer than the next. */
export async function prepareDecoy(cost: Cost): Promise<string> {
  decoy ??= hashPassword("no account has this password", cost).catch((error: unknown) => {
    decoy = undefined;
    throw error;
  });
  return decoy;
}

/** Verifies against nothing, so that an unknown account takes the time of a known one. */
export async function verifyDecoy(password: string, cost: Cost): Promise<false> {
  await verifyPassword(await prepareDecoy(cost), password);
  return false;
}
