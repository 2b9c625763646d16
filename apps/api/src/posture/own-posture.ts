import { setTimeout as sleep } from "node:timers/promises";
import type { Database } from "@muniment/db/database.ts";
import type { Query } from "@muniment/db/statements.ts";
import { posture as form, type Posture } from "@muniment/shared/posture.ts";
import { sql } from "drizzle-orm";
import type { Logger } from "pino";
import { judge } from "./check.ts";
import type { DatabaseFacts } from "./gather/database.ts";
import { type LiveDatabase, readLiveDatabase } from "./gather/live-database.ts";
import { gatherFacts } from "./gather.ts";
import { withNamedPlaces } from "./named-places.ts";
import { installationChecks } from "./registry.ts";

/** How safe this server is, as it sees itself; at most so old. */
export type OwnPosture = { read(): Promise<Posture> };

/** Whoever reloads the page meets what was found a moment ago; nobody waits longer than this for the database. */
const defaults = { keptMilliseconds: 10_000, longestMilliseconds: 8000 };
const mostMails = 1000;

type Input = {
  env: Record<string, string | undefined>;
  database: Pick<Database, "background">;
  now: () => Date;
  log: Logger;
};

/**
 * Judges the server that runs, once for all who ask at the same time. Over the connection of what nobody
 * waits for, so that no call is kept waiting; what the database does not tell in time is skipped.
 */
export function createOwnPosture(
  { env, database, now, log }: Input,
  { keptMilliseconds, longestMilliseconds } = defaults,
): OwnPosture {
  let looking: Promise<LiveDatabase> | undefined;
  let running: Promise<Posture> | undefined;
  let kept: { posture: Posture; until: number } | undefined;

  const query: Query = (strings, ...values) =>
    database.background({}).execute(sql(strings, ...values));

  async function ask(): Promise<DatabaseFacts["live"]> {
    const late = new AbortController();
    try {
      // One that came late is waited for, not asked again beside.
      looking ??= readLiveDatabase(query).finally(() => {
        looking = undefined;
      });
      const { signal } = late;
      const tooLate = sleep(longestMilliseconds, undefined, { ref: false, signal }).then(() => {
        throw new Error("no answer in time");
      });
      return { database: await Promise.race([looking, tooLate]) };
    } catch (error) {
      log.warn({ err: error }, "the posture of the database cannot be seen");
      // The error's own words may tell where it is.
      return { problem: "the database did not answer in time" };
    } finally {
      late.abort();
    }
  }

  async function look(): Promise<Posture> {
    const facts = await gatherFacts({ env, project: ".", now: now(), mostMails, ask });
    const checks = judge(installationChecks, withNamedPlaces(facts));
    const count = (status: string) => checks.filter((check) => check.status === status).length;
    const summary = {
      pass: count("pass"),
      warn: count("warn"),
      fail: count("fail"),
      skip: count("skip"),
    };
    const posture = form.parse({ at: facts.now.toISOString(), summary, checks });
    kept = { posture, until: performance.now() + keptMilliseconds };
    return posture;
  }

  return {
    async read() {
      if (kept && performance.now() < kept.until) return kept.posture;
      running ??= look().finally(() => {
        running = undefined;
      });
      return running;
    },
  };
}
