import type { TestServer } from "./harness.ts";

/** The tries of a queue's failing jobs between the first and the last need not be waited for. */
export const hastenLastTry = ({ owner }: Pick<TestServer, "owner">, queue: string) => owner`
  update jobs set attempts = 7, run_at = now()
  where queue = ${queue} and locked_until is null and attempts between 1 and 6`;
