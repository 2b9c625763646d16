import type { Worker } from "node:worker_threads";
import { AppError } from "../errors.ts";
import { openWorker, type WorkerScript, workerScript } from "../worker-script.ts";
import type { Examined } from "./examine/examine.ts";
import type { Question, Verdict } from "./examine/worker.ts";

/** A file of the largest size takes a twentieth of it; whatever takes longer was made to. */
const timeoutMilliseconds = 2000;
const readyMilliseconds = 10_000;
const heapMegabytes = 64;

export type Inspector = {
  /**
   * Says what a file is, in a thread of its own that is ended when it takes too long.
   * @throws AppError why the file is not taken; `overloaded` when nobody began to look at it
   */
  inspect(question: Question): Promise<Examined>;
  stop(): Promise<void>;
};

/**
 * The next message of a worker that says more than that it has begun. Rejects when it ends, fails, or
 * says nothing for so long.
 */
function nextMessage<T>(worker: Worker, milliseconds: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const settle = (act: () => void) => () => {
      clearTimeout(timer);
      worker.off("message", done).off("error", fail).off("exit", gone);
      act();
    };
    const done = (message: T | "begun") => {
      if (message !== "begun") settle(() => resolve(message))();
    };
    const fail = (error: Error) => settle(() => reject(error))();
    const gone = settle(() => reject(new Error("the worker ended")));
    const timer = setTimeout(
      settle(() => reject(new Error("the worker took too long"))),
      milliseconds,
    );
    worker.on("message", done).on("error", fail).on("exit", gone);
  });
}

const notNow = (cause: unknown) =>
  new AppError("overloaded", "The file cannot be examined now.", { cause, retryAfterSeconds: 2 });

/** `script` stands in for the worker in a test of its limits. */
export function createInspector(
  script: WorkerScript = workerScript(import.meta.url, "./examine/worker.ts", "./file-worker.js"),
): Inspector {
  let current: Promise<Worker> | undefined;
  /** What `current` has become, until it ends, which it may do between two files. */
  let running: Worker | undefined;
  let queue: Promise<unknown> = Promise.resolve();

  async function start(): Promise<Worker> {
    const worker = openWorker(script, { maxOldGenerationSizeMb: heapMegabytes });
    // Whoever waits for a message hears of it; nobody else need.
    worker.on("error", () => {});
    worker.once("exit", () => {
      if (worker === running) running = current = undefined;
    });
    try {
      await nextMessage(worker, readyMilliseconds);
    } catch (error) {
      await worker.terminate();
      throw error;
    }
    running = worker;
    return worker;
  }

  async function ask({ bytes, extension }: Question): Promise<Examined> {
    current ??= start();
    const worker = await current.catch((cause: unknown) => {
      current = undefined;
      throw notNow(cause);
    });
    const own = Uint8Array.from(bytes);
    let hasBegun = false;
    const note = (message: unknown) => {
      if (message === "begun") hasBegun = true;
    };
    worker.on("message", note);
    const answer = nextMessage<Verdict>(worker, timeoutMilliseconds);
    worker.postMessage({ bytes: own, extension } satisfies Question, [own.buffer]);
    const verdict = await answer.catch(async (cause: unknown) => {
      current = undefined;
      await worker.terminate();
      // What ended it before was not this file.
      if (!hasBegun) throw notNow(cause);
      throw new AppError("file_refused", "The file cannot be examined.", { cause });
    });
    worker.off("message", note);
    if (!verdict.ok) throw new AppError(verdict.reason, verdict.message);
    return { type: verdict.type, bytes: verdict.bytes };
  }

  return {
    inspect(question) {
      const turn = queue.then(() => ask(question));
      queue = turn.catch(() => {});
      return turn;
    },
    async stop() {
      const worker = await current?.catch(() => undefined);
      await worker?.terminate();
    },
  };
}
