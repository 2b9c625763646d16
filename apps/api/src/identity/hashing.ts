import { availableParallelism } from "node:os";
import type { Worker } from "node:worker_threads";
import type { Config } from "../config.ts";
import { AppError } from "../errors.ts";
import { openWorker, type WorkerScript, workerScript } from "../worker-script.ts";
import type { HashAnswer, HashQuestion } from "./hash-worker.ts";
import { isArgon2id } from "./imported-hash.ts";

/** A thread has the next question before it has answered one, so that no core waits for the main thread. */
const ahead = 2;
/** What a thread keeps between two hashes, which lie outside of it, is next to nothing. */
const heap = { maxYoungGenerationSizeMb: 1, maxOldGenerationSizeMb: 16 };

type Options = {
  /** What the threads run. */
  script?: WorkerScript;
  /** So many threads at most; each takes a core, and 19 MiB by default. */
  most?: number;
  /** Whoever would wait behind so many is refused; on two cores the last of 500 waits some 5 seconds. */
  mostWaiting?: number;
  /** So many answers are handed over together, and none waits longer for others. */
  together?: { most: number; milliseconds: number };
  /** Threads end that nobody has needed for so long, in milliseconds. */
  idle?: number;
};

type Job = {
  question: HashQuestion;
  resolve(value: boolean | string): void;
  reject(error: unknown): void;
};
type Thread = { worker: Worker; jobs: Job[] };

export type Hashing = {
  verify(stored: string, password: string): Promise<boolean>;
  hash(password: string, cost: Config["argon2"]): Promise<string>;
};

/** One of another system may take a second: nothing waits behind it. */
const isQuick = ({ question }: Job) => "cost" in question || isArgon2id(question.stored);

const overloaded = (cause?: unknown) =>
  new AppError("overloaded", "Too many passwords are being checked. Try again soon.", {
    cause,
    retryAfterSeconds: 5,
  });

/**
 * Answers in threads of its own, which are started when they are needed: libuv's four serve files and DNS.
 * While all of them are busy answers wait for each other: each hash sweeps the caches, so that what the main
 * thread and PostgreSQL do for one sign-in takes twice as long as for the next right behind it
 * (docs/adr/0076-hashes-are-computed-apart-and-answered-together.md).
 *
 * Each method rejects with AppError `overloaded` where too many wait already, or no thread can be started.
 */
export function createHashing({
  script = workerScript(import.meta.url, "./hash-worker.ts", "./hash-worker.cjs"),
  most = Math.min(3, availableParallelism()),
  mostWaiting = 500,
  together = { most: 4, milliseconds: 25 },
  idle = 10_000,
}: Options = {}): Hashing {
  let threads: Thread[] = [];
  const waiting: Job[] = [];
  let done: (() => void)[] = [];
  let handingOver: NodeJS.Timeout | undefined;
  let ending: NodeJS.Timeout | undefined;

  const isFree = ({ jobs }: Thread) => jobs.length === 0;

  function handOver() {
    clearTimeout(handingOver);
    handingOver = undefined;
    const all = done;
    done = [];
    for (const settle of all) settle();
  }

  function settleSoon(settle: () => void) {
    done.push(settle);
    if (done.length >= together.most || threads.some(isFree)) handOver();
    else handingOver ??= setTimeout(handOver, together.milliseconds);
  }

  /** Ends the threads after a while in which none has anything to do. */
  function endSoon() {
    clearTimeout(ending);
    if (threads.every(isFree)) ending = setTimeout(endThreads, idle).unref();
  }

  function endThreads() {
    const all = threads;
    threads = [];
    for (const { worker } of all) void worker.terminate();
  }

  function open(): Thread {
    const worker = openWorker(script, heap);
    const thread: Thread = { worker, jobs: [] };
    let failure: unknown;
    worker.on("message", (answer: HashAnswer) => {
      const job = thread.jobs.shift();
      if (isFree(thread)) worker.unref();
      give();
      settleSoon(() =>
        "error" in answer ? job?.reject(answer.error) : job?.resolve(answer.value),
      );
      endSoon();
    });
    worker.on("error", (error) => {
      failure = error;
    });
    worker.once("exit", () => {
      threads = threads.filter((one) => one !== thread);
      const lost = new Error("a thread that computes hashes has ended", { cause: failure });
      for (const { reject } of thread.jobs) reject(lost);
      give();
      endSoon();
    });
    threads.push(thread);
    return thread;
  }

  /** The thread for the next question; none while all have enough. @throws Error where none can be started */
  function next(): Thread | undefined {
    const free = threads.find(isFree);
    if (free) return free;
    try {
      if (threads.length < most) return open();
    } catch (error) {
      // Such as no more threads being allowed, which is no reason to stop while there is one.
      if (threads.length === 0) throw error;
    }
    return threads.find(({ jobs }) => jobs.length < ahead && jobs.every(isQuick));
  }

  function give() {
    try {
      while (waiting.length > 0) {
        const thread = next();
        const job = thread && waiting.shift();
        if (!job) return;
        clearTimeout(ending);
        thread.jobs.push(job);
        // Whoever waits for an answer keeps the process from ending.
        thread.worker.ref();
        thread.worker.postMessage(job.question);
      }
    } catch (cause) {
      for (const { reject } of waiting.splice(0)) reject(overloaded(cause));
    }
  }

  function ask<T extends boolean | string>(question: HashQuestion): Promise<T> {
    return new Promise((resolve, reject) => {
      if (waiting.length >= mostWaiting) throw overloaded();
      waiting.push({ question, resolve: resolve as Job["resolve"], reject });
      give();
    });
  }

  return {
    verify: (stored, password) => ask({ password, stored }),
    hash: (password, cost) => ask({ password, cost }),
  };
}
