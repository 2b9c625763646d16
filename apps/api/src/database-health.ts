import { setImmediate } from "node:timers/promises";
import type { Database } from "@muniment/db/database.ts";
import type { Logger } from "pino";
import { AppError } from "./errors.ts";

const checkEveryMilliseconds = 250;
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
    await setImmediate();
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
    }
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
