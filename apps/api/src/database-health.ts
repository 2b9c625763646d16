import type { Database } from "@muniment/db/database.ts";
import type { Logger } from "pino";
import { AppError } from "./errors.ts";

const checkEveryMilliseconds = 250;
/** So much longer while nobody calls, which an idle machine feels; the next call ends it. */
const quietMilliseconds = 750;
const checkTimeoutMilliseconds = 1200;

export type DatabaseHealth = {
  readonly available: boolean;
  /** Rejects with `database_unavailable` when the database is, or becomes, unreachable before `work` ends. */
  guard<T>(work: () => Promise<T>): Promise<T>;
  stop(): void;
};

const unavailable = () =>
  new AppError("database_unavailable", "The database cannot be reached. Try again soon.", {
    retryAfterSeconds: 2,
  });

/** Watches the database, so that callers get an answer at once instead of waiting for a dead connection. */
export function watchDatabase(database: Database, log: Logger): DatabaseHealth {
  let available = true;
  let stopped = false;
  const waiting = new Set<(error: AppError) => void>();
  let endQuiet = () => {};

  async function check(): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<false>((resolve) => {
      timer = setTimeout(() => resolve(false), checkTimeoutMilliseconds);
    });
    const answered = database.health`select 1`.then(
      () => true,
      () => false,
    );
    const result = await Promise.race([answered, late]);
    clearTimeout(timer);
    if (result) return true;
    // Where this process itself was busy, the answer is here but was not read yet.
    await new Promise((resolve) => setImmediate(resolve));
    return Promise.race([answered, Promise.resolve(false)]);
  }

  async function loop() {
    while (!stopped) {
      const now = await check();
      if (now !== available) log[now ? "info" : "error"]({ available: now }, "database");
      available = now;
      if (!available) {
        for (const reject of waiting) reject(unavailable());
        waiting.clear();
      }
      await new Promise((resolve) => setTimeout(resolve, checkEveryMilliseconds).unref());
      if (available && waiting.size === 0) await quiet();
    }
  }
  async function quiet(): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, quietMilliseconds).unref();
      endQuiet = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
  void loop();

  return {
    get available() {
      return available;
    },
    guard(work) {
      if (!available) return Promise.reject(unavailable());
      return new Promise((resolve, reject) => {
        waiting.add(reject);
        endQuiet();
        work().then(
          (value) => {
            waiting.delete(reject);
            resolve(value);
          },
          (error) => {
            waiting.delete(reject);
            reject(error);
          },
        );
      });
    },
    stop() {
      stopped = true;
    },
  };
}
