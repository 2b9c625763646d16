import { setTimeout as sleep } from "node:timers/promises";
import type { Database, Tx } from "@muniment/db/database.ts";
import { jobs } from "@muniment/db/schema/jobs.ts";
import { afterCommit } from "@muniment/db/transactions.ts";
import { and, eq, gt, inArray, isNotNull, isNull, lt, notInArray, sql } from "drizzle-orm";
import type { Logger } from "pino";
import { v7 as uuidv7 } from "uuid";
import type { Encryption } from "./encryption.ts";

const pollMilliseconds = 500;
/** So long a job waits whose process has died. */
const leaseSeconds = 20;
/** A lease is renewed so often before its end, and for so long at most: what hangs is another's then. */
const renewalsPerLease = 4;
const longestMilliseconds = 600_000;
const maxAttempts = 8;
/** No job waits for so long: who finds one that does knows that the clock it was set by was wrong. */
const longestWaitSeconds = 2 * 86_400;
const putRightMilliseconds = 60_000;
/** What was given up is kept for so long, for whoever wants to know why. */
const keptSeconds = 30 * 86_400;
/** Recurring work that only a newer node knows is done more often. */
const unknownSeconds = 2 * 86_400;
const maxStopMilliseconds = 5000;

/** How many jobs of each lane are done at a time: what is slow keeps only its own lane waiting. */
const lanes = { recurring: 1, work: 1, deliveries: 16, transfers: 2 } as const;
type Lane = keyof typeof lanes;
type AtWork = {
  /** Begins what is due while there is room for it; never rejects. */
  fill(): Promise<void>;
  /** The same, also for what was committed during a look that is under way. */
  wake(): void;
  /** Resolves when nothing is under way any more. */
  end(): Promise<void>;
};

/**
 * Throws where another has taken the job over, or it was dropped; else none does before the transaction
 * is over, nor while the work goes on like that. For what two at a time would spoil.
 */
export type RequireOurs = (tx: Tx) => Promise<void>;
type Handler = (payload: unknown, requireOurs: RequireOurs) => Promise<void>;
type Definition = {
  handler: Handler;
  lane: Lane;
  everySeconds?: number;
  delaySeconds?: number;
  givenUp?: GivenUp | undefined;
};

/** Told in the transaction that gives a job up for good; its payload as the handler got it. */
type GivenUp = (tx: Tx, payload: unknown) => Promise<void>;

type EnqueueOptions = {
  delaySeconds?: number;
  /** Of jobs with the same turn one is done at a time, on whichever node, in the order they became due. */
  turn?: string;
};

export type Jobs = {
  /**
   * Adds work in the transaction that makes it necessary: both happen, or neither. This node looks for it
   * as soon as that has committed, and every node now and then.
   */
  enqueue(tx: Tx, queue: string, payload: unknown, options?: EnqueueOptions): Promise<void>;
  /** Drops the jobs with a payload, as JSON, that is among those, under way or not, but those of `kept` queues. */
  drop(tx: Tx, isAmong: (payload: string) => boolean, kept: readonly string[]): Promise<void>;
  /** Takes up what was given up of queues. */
  resume(queues: readonly string[]): Promise<void>;
  /**
   * Deletes what was given up 30 days ago or earlier, and recurring work that no node has known for two
   * days, such as of a version before.
   */
  deleteGivenUp(): Promise<void>;
  /** Says how to do the work of a queue. A handler may run more than once and must bear it. */
  define(
    queue: string,
    handler: Handler,
    lane?: Exclude<Lane, "recurring">,
    givenUp?: GivenUp,
  ): void;
  /** Work that recurs; one node at a time does it, for the first time so long after the first start. */
  every(
    queue: string,
    everySeconds: number,
    handler: () => Promise<void>,
    delaySeconds?: number,
  ): void;
  start(): Promise<void>;
  /** Takes no more and waits for what is under way, 5 s at most: another node does it again. */
  stop(): Promise<void>;
};

const secondsFrom = (time: Date, seconds: number) => new Date(time.getTime() + seconds * 1000);
/** What a payload is encrypted for. */
export const placeOfPayload = (id: string) => `jobs.payload:${id}`;

/** Work outside requests, on PostgreSQL: enqueued transactionally, leased, retried with back-off. */
export function createJobs(
  database: Database,
  encryption: Encryption,
  now: () => Date,
  log: Logger,
  lease = { seconds: leaseSeconds },
): Jobs {
  const definitions = new Map<string, Definition>();
  const stopping = new AbortController();
  let puttingRight: NodeJS.Timeout | undefined;
  const atWork = new Map<Lane, AtWork>();
  let running: Promise<unknown> = Promise.resolve();

  async function insert(
    tx: Tx,
    queue: string,
    payload: unknown,
    key: string | null,
    { delaySeconds = 0, turn }: EnqueueOptions = {},
  ) {
    const id = uuidv7();
    const text = encryption.encrypt(JSON.stringify(payload ?? null), placeOfPayload(id));
    const at = now();
    await tx
      .insert(jobs)
      .values({
        id,
        queue,
        key,
        turn: turn ?? null,
        payload: text,
        createdAt: at,
        runAt: secondsFrom(at, delaySeconds),
      })
      .onConflictDoNothing();
  }

  // By the clock of the database, which is the same to all nodes.
  const leaseEnd = sql`clock_timestamp() + make_interval(secs => ${lease.seconds})`;

  // Recurring work is done again where a crash loses what is noted of it: no disk has to write at once.
  const unhurried = sql`set local synchronous_commit = off`;

  async function claim(lane: Lane) {
    // A queue that only a newer node knows is left to that node.
    const queues = [...definitions].flatMap(([queue, known]) => (known.lane === lane ? queue : []));
    if (queues.length === 0) return undefined;
    return database.transaction({}, async (tx) => {
      const at = now().toISOString();
      if (lane === "recurring") await tx.execute(unhurried);
      // Who claims after another must see what that one has claimed.
      await tx.execute(sql`select pg_advisory_xact_lock(hashtext(${`jobs.${lane}`}))`);
      const free = sql`${jobs.runAt} <= ${at} and ${jobs.failedAt} is null
        and (${jobs.lockedUntil} is null or ${jobs.lockedUntil} < clock_timestamp())
        and (${jobs.turn} is null or not exists (
          select from ${jobs} other
          where other.turn = ${jobs.turn} and other.locked_until >= clock_timestamp()
        ))`;
      const due = tx
        .select({ id: jobs.id })
        .from(jobs)
        .where(and(inArray(jobs.queue, queues), free))
        .orderBy(jobs.runAt, jobs.id)
        .limit(1)
        .for("update", { skipLocked: true });
      const [job] = await tx
        .update(jobs)
        .set({
          lockedUntil: leaseEnd,
          attempts: sql`${jobs.attempts} + 1`,
        })
        .where(eq(jobs.id, sql`(${due})`))
        .returning();
      return job;
    });
  }

  /** What is true of a job until another claims it. */
  const stillOurs = ({ id, attempts }: typeof jobs.$inferSelect) =>
    and(eq(jobs.id, id), eq(jobs.attempts, attempts));

  /** Keeps the lease of a job that lasts, until `end` is called. */
  function keepLease(job: typeof jobs.$inferSelect) {
    let until = performance.now() + longestMilliseconds;
    let renewal: Promise<unknown> | undefined;
    const prolong = (tx: Tx) =>
      tx
        .update(jobs)
        .set({ lockedUntil: leaseEnd })
        .where(stillOurs(job))
        .returning({ id: jobs.id });
    const renew = () => {
      if (performance.now() > until) return;
      renewal ??= database
        .transaction({}, prolong)
        .catch((error: unknown) => log.debug({ err: error }, "a lease cannot be renewed now"))
        .finally(() => {
          renewal = undefined;
        });
    };
    const timer = setInterval(renew, (lease.seconds * 1000) / renewalsPerLease).unref();
    const requireOurs: RequireOurs = async (tx) => {
      const ours = await prolong(tx);
      if (ours.length === 0) throw new Error("the job was taken over by another, or dropped");
      until = performance.now() + longestMilliseconds;
    };
    const end = async () => {
      clearInterval(timer);
      await renewal;
    };
    return { requireOurs, end };
  }

  /** Makes due what a clock that was far ahead set, such as one of a machine that had just begun. */
  const putRight = () =>
    database.transaction({}, async (tx) => {
      const at = now();
      const late = secondsFrom(at, longestWaitSeconds);
      await tx.update(jobs).set({ runAt: at }).where(gt(jobs.runAt, late));
    });

  const payloadOf = (job: typeof jobs.$inferSelect): unknown =>
    JSON.parse(encryption.decrypt(job.payload, placeOfPayload(job.id)));

  async function settle(job: typeof jobs.$inferSelect, error: unknown) {
    const { everySeconds, givenUp } = definitions.get(job.queue) ?? {};
    await database.transaction({}, async (tx) => {
      if (error === undefined && everySeconds === undefined) {
        await tx.delete(jobs).where(eq(jobs.id, job.id));
        return;
      }
      const at = now();
      if (everySeconds !== undefined) await tx.execute(unhurried);
      const wait = error === undefined ? (everySeconds ?? 0) : Math.min(2 ** job.attempts, 600);
      const over = error !== undefined && everySeconds === undefined && job.attempts >= maxAttempts;
      const [settled] = await tx
        .update(jobs)
        .set({
          runAt: secondsFrom(at, wait),
          lockedUntil: null,
          attempts: error === undefined ? 0 : job.attempts,
          lastError: error === undefined ? null : String(error).replaceAll("\0", "").slice(0, 500),
          failedAt: over ? at : null,
        })
        .where(stillOurs(job))
        .returning({ id: jobs.id });
      if (settled && over) await givenUp?.(tx, payloadOf(job));
    });
  }

  async function perform(job: typeof jobs.$inferSelect): Promise<void> {
    const definition = definitions.get(job.queue);
    if (!definition) return;
    const { requireOurs, end } = keepLease(job);
    try {
      // Recurring work has no payload, and so outlives the key that its row was made with.
      const recurs = definition.everySeconds !== undefined;
      // Counted when taken: a job that ends its process never comes to be settled.
      if (!recurs && job.attempts > maxAttempts) {
        throw new Error("the process ended during the last attempt");
      }
      await definition.handler(recurs ? null : payloadOf(job), requireOurs);
      await end();
      await settle(job, undefined);
    } catch (error) {
      await end();
      log.warn({ err: error, queue: job.queue, attempt: job.attempts }, "a job failed");
      await settle(job, error ?? "failed");
    }
  }

  function openLane(lane: Lane, width: number): AtWork {
    const { signal } = stopping;
    const underWay = new Set<Promise<void>>();
    let filling: Promise<void> | undefined;
    async function claimAll() {
      while (!signal.aborted && underWay.size < width) {
        const job = await claim(lane);
        if (!job) return;
        const done: Promise<void> = perform(job)
          .catch((error: unknown) => log.debug({ err: error }, "a job cannot be settled now"))
          .finally(() => {
            underWay.delete(done);
            // Where one ends, the next begins at once.
            void fill();
          });
        underWay.add(done);
      }
    }
    function fill() {
      filling ??= claimAll()
        .catch((error: unknown) => log.debug({ err: error }, "jobs cannot be read now"))
        .finally(() => {
          filling = undefined;
        });
      return filling;
    }
    return {
      fill,
      // What is being read now may have been before the commit.
      wake: () => void (filling ? filling.then(fill) : fill()),
      end: async () => {
        await filling;
        await Promise.all(underWay);
      },
    };
  }

  /** The lanes that have a job due. One look for all of them, and no lock: mostly there is none. */
  async function lanesDue(): Promise<Set<Lane>> {
    const rows = await database.raw`
      select distinct queue from jobs
      where run_at <= ${now().toISOString()}::text::timestamptz and failed_at is null
        and (locked_until is null or locked_until < clock_timestamp())`;
    return new Set(rows.flatMap(({ queue }) => definitions.get(queue)?.lane ?? []));
  }

  async function work() {
    const { signal } = stopping;
    for (const [lane, width] of Object.entries(lanes) as [Lane, number][]) {
      atWork.set(lane, openLane(lane, width));
    }
    while (!signal.aborted) {
      await sleep(pollMilliseconds, undefined, { ref: false, signal }).catch(() => {});
      const due = await lanesDue().catch((error: unknown) => {
        log.debug({ err: error }, "jobs cannot be read now");
        return [];
      });
      for (const lane of due) void atWork.get(lane)?.fill();
    }
    await Promise.all([...atWork.values()].map(({ end }) => end()));
  }

  return {
    async enqueue(tx, queue, payload, options) {
      await insert(tx, queue, payload, null, options);
      if (options?.delaySeconds !== undefined) return;
      const lane = definitions.get(queue)?.lane;
      if (lane) afterCommit(tx, () => atWork.get(lane)?.wake());
    },
    async drop(tx, isAmong, kept) {
      const rows = await tx
        .select({ id: jobs.id, payload: jobs.payload })
        .from(jobs)
        .where(and(isNull(jobs.key), notInArray(jobs.queue, [...kept])));
      const gone = rows.flatMap(({ id, payload }) => {
        return isAmong(encryption.decrypt(payload, placeOfPayload(id))) ? [id] : [];
      });
      if (gone.length > 0) await tx.delete(jobs).where(inArray(jobs.id, gone));
    },
    resume: (queues) =>
      database.transaction({}, async (tx) => {
        await tx
          .update(jobs)
          .set({ failedAt: null, attempts: 0, runAt: now() })
          .where(and(inArray(jobs.queue, [...queues]), isNotNull(jobs.failedAt)));
      }),
    deleteGivenUp: () =>
      database.transaction({}, async (tx) => {
        const at = now();
        await tx.delete(jobs).where(lt(jobs.failedAt, secondsFrom(at, -keptSeconds)));
        const unknown = and(isNotNull(jobs.key), notInArray(jobs.queue, [...definitions.keys()]));
        await tx.delete(jobs).where(and(unknown, lt(jobs.runAt, secondsFrom(at, -unknownSeconds))));
      }),
    define: (queue, handler, lane = "work", givenUp = undefined) =>
      definitions.set(queue, { handler, lane, givenUp }),
    every: (queue, everySeconds, handler, delaySeconds = 0) =>
      definitions.set(queue, { handler, everySeconds, delaySeconds, lane: "recurring" }),
    async start() {
      await database.transaction({}, async (tx) => {
        for (const [queue, { everySeconds, delaySeconds = 0 }] of definitions) {
          if (everySeconds !== undefined) await insert(tx, queue, null, queue, { delaySeconds });
        }
      });
      await putRight();
      puttingRight = setInterval(() => {
        putRight().catch((error: unknown) => log.debug({ err: error }, "jobs cannot be set now"));
      }, putRightMilliseconds).unref();
      running = work();
    },
    async stop() {
      stopping.abort();
      clearInterval(puttingRight);
      await Promise.race([running, sleep(maxStopMilliseconds, undefined, { ref: false })]);
    },
  };
}
