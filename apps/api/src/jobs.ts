import { setTimeout as sleep } from "node:timers/promises";
import type { Database, Tx } from "@muniment/db/database.ts";
import { jobs } from "@muniment/db/schema/jobs.ts";
import { and, eq, inArray, isNotNull, isNull, type SQL, sql } from "drizzle-orm";
import type { Logger } from "pino";
import { v7 as uuidv7 } from "uuid";
import type { Encryption } from "./encryption.ts";

const pollMilliseconds = 500;
const leaseSeconds = 120;
const maxAttempts = 8;
const maxStopMilliseconds = 5000;

type Handler = (payload: unknown) => Promise<void>;
type Definition = { handler: Handler; everySeconds?: number };

export type Jobs = {
  /** Adds work, to be done after `delaySeconds` or at once, in the transaction that makes it necessary: both happen, or neither. */
  enqueue(tx: Tx, queue: string, payload: unknown, delaySeconds?: number): Promise<void>;
  /** Says how to do the work of a queue. A handler may run more than once and must bear it. */
  define(queue: string, handler: Handler): void;
  /** Work that recurs; one node at a time does it. */
  every(queue: string, everySeconds: number, handler: () => Promise<void>): void;
  start(): Promise<void>;
  /** Takes no more and waits for what is under way, 5 s at most: another node does it again. */
  stop(): Promise<void>;
};

const secondsFrom = (time: Date, seconds: number) => new Date(time.getTime() + seconds * 1000);
const placeOf = (id: string) => `jobs.payload:${id}`;

/** Apart, so that a job that hangs does not keep recurring work from being done. */
const lanes = [isNull(jobs.key), isNotNull(jobs.key)];

/** Work outside requests, on PostgreSQL: enqueued transactionally, leased, retried with back-off. */
export function createJobs(
  database: Database,
  encryption: Encryption,
  now: () => Date,
  log: Logger,
): Jobs {
  const definitions = new Map<string, Definition>();
  const stopping = new AbortController();
  let running: Promise<unknown> = Promise.resolve();

  async function insert(
    tx: Tx,
    queue: string,
    payload: unknown,
    key: string | null,
    delaySeconds = 0,
  ) {
    const id = uuidv7();
    const text = encryption.encrypt(JSON.stringify(payload ?? null), placeOf(id));
    const at = now();
    await tx
      .insert(jobs)
      .values({
        id,
        queue,
        key,
        payload: text,
        createdAt: at,
        runAt: secondsFrom(at, delaySeconds),
      })
      .onConflictDoNothing();
  }

  const claim = (lane: SQL) =>
    database.transaction({}, async (tx) => {
      const at = now();
      // A queue that only a newer node knows is left to that node.
      const known = inArray(jobs.queue, [...definitions.keys()]);
      const free = sql`${jobs.runAt} <= ${at.toISOString()} and ${jobs.failedAt} is null
        and (${jobs.lockedUntil} is null or ${jobs.lockedUntil} < ${at.toISOString()})`;
      const due = tx
        .select({ id: jobs.id })
        .from(jobs)
        .where(and(lane, known, free))
        .orderBy(jobs.runAt)
        .limit(1)
        .for("update", { skipLocked: true });
      const [job] = await tx
        .update(jobs)
        .set({ lockedUntil: secondsFrom(at, leaseSeconds), attempts: sql`${jobs.attempts} + 1` })
        .where(eq(jobs.id, sql`(${due})`))
        .returning();
      return job;
    });

  async function settle(job: typeof jobs.$inferSelect, error: unknown) {
    const everySeconds = definitions.get(job.queue)?.everySeconds;
    await database.transaction({}, async (tx) => {
      const where = eq(jobs.id, job.id);
      if (error === undefined && everySeconds === undefined) {
        await tx.delete(jobs).where(where);
        return;
      }
      const at = now();
      const wait = error === undefined ? (everySeconds ?? 0) : Math.min(2 ** job.attempts, 600);
      const over = error !== undefined && everySeconds === undefined && job.attempts >= maxAttempts;
      await tx
        .update(jobs)
        .set({
          runAt: secondsFrom(at, wait),
          lockedUntil: null,
          attempts: error === undefined ? 0 : job.attempts,
          lastError: error === undefined ? null : String(error).replaceAll("\0", "").slice(0, 500),
          failedAt: over ? at : null,
        })
        .where(where);
    });
  }

  async function runOne(lane: SQL): Promise<boolean> {
    const job = await claim(lane);
    const definition = job && definitions.get(job.queue);
    if (!job || !definition) return false;
    try {
      // Recurring work has no payload, and so outlives the key that its row was made with.
      const recurs = definition.everySeconds !== undefined;
      // Counted when taken: a job that ends its process never comes to be settled.
      if (!recurs && job.attempts > maxAttempts) {
        throw new Error("the process ended during the last attempt");
      }
      const payload = recurs ? null : JSON.parse(encryption.decrypt(job.payload, placeOf(job.id)));
      await definition.handler(payload);
      await settle(job, undefined);
    } catch (error) {
      log.warn({ err: error, queue: job.queue, attempt: job.attempts }, "a job failed");
      await settle(job, error ?? "failed");
    }
    return true;
  }

  async function work(lane: SQL) {
    const { signal } = stopping;
    while (!signal.aborted) {
      await sleep(pollMilliseconds, undefined, { ref: false, signal }).catch(() => {});
      try {
        while (!signal.aborted && (await runOne(lane))) {
          // take the next one at once
        }
      } catch (error) {
        log.debug({ err: error }, "jobs cannot be read now");
      }
    }
  }

  return {
    enqueue: (tx, queue, payload, delaySeconds) => insert(tx, queue, payload, null, delaySeconds),
    define: (queue, handler) => definitions.set(queue, { handler }),
    every: (queue, everySeconds, handler) => definitions.set(queue, { handler, everySeconds }),
    async start() {
      await database.transaction({}, async (tx) => {
        for (const [queue, { everySeconds }] of definitions) {
          if (everySeconds !== undefined) await insert(tx, queue, null, queue);
        }
      });
      running = Promise.all(lanes.map(work));
    },
    async stop() {
      stopping.abort();
      await Promise.race([running, sleep(maxStopMilliseconds, undefined, { ref: false })]);
    },
  };
}
