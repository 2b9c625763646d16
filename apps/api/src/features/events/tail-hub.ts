import type { Database } from "@muniment/db/database.ts";
import { isDatabaseUnavailable } from "@muniment/db/unavailable.ts";
import { AppError } from "../../errors.ts";
import { chunkEvents, readTail, type TailChunk } from "./read-tail.ts";
import { formatPosition, type TailPosition } from "./tail-position.ts";

/** Other nodes' events are looked for this often, less often when very many users are followed. */
const pollMilliseconds = 200;
const pollMillisecondsPerUser = 5;
/** A commit is read only when all older ones have ended, so a second look follows the first. */
const secondLookMilliseconds = 20;
const maxTails = 4000;
const maxTailsPerUser = 1000;

export type TailHub = {
  /** How many are followed. */
  readonly count: number;
  /**
   * Follows a user's events until `release` is called.
   * @throws AppError `overloaded` when too many are followed already
   */
  follow(userId: string): Follower;
  /** Events of these users have been committed on this node. */
  wake(userIds: Iterable<string>): void;
};

export type Follower = {
  /** What follows a position; followers at the same place share one reading. */
  read(after: TailPosition): Promise<TailChunk>;
  /** Resolves when there may be more behind `after`, where the last `read` ended, or at `release`. */
  more(after: TailPosition): Promise<void>;
  release(): void;
};

/** What the followers of one user share. */
class Followed {
  followers = 0;
  /** Grows with every sign of new events. */
  version = 0;
  /** Those who wait for what follows their place, by its text. */
  readonly waiting = new Map<string, { after: TailPosition; wake: Set<() => void> }>();
  /** The last reading, for those who come to the same place. */
  reading: { after: string; chunk: Promise<TailChunk> } | undefined;
  looking = false;
  /** Settles when the reading that was begun last has ended. */
  turn: Promise<unknown> = Promise.resolve();
  /** Events to read at once: PostgreSQL unpacks them all to find how many of them a chunk can hold. */
  most = chunkEvents;
  secondLook: NodeJS.Timeout | undefined;
}

/**
 * One per node: wakes tails when this node has stored events and, for those of other nodes, now and
 * then. A tail pulls what it sends, so a slow reader holds no more than one chunk and goes on from
 * its own place.
 */
export function createTailHub(database: Database): TailHub {
  const users = new Map<string, Followed>();
  let tails = 0;
  let poll: NodeJS.Timeout | undefined;

  function schedulePoll(): void {
    const wait = Math.max(pollMilliseconds, users.size * pollMillisecondsPerUser);
    poll = setTimeout(() => {
      for (const [userId, user] of users) bump(userId, user);
      if (users.size > 0) schedulePoll();
      else poll = undefined;
    }, wait);
    poll.unref();
  }

  /** A user's readings take turns: followers at as many places would keep everybody else's waiting. */
  function readInTurn(userId: string, user: Followed, after: TailPosition): Promise<TailChunk> {
    const reading = user.turn.then(() => readOnce(userId, user, after));
    user.turn = reading.then(
      () => {},
      () => {},
    );
    return reading;
  }

  async function readOnce(userId: string, user: Followed, after: TailPosition): Promise<TailChunk> {
    try {
      const chunk = await readTail(database, userId, after, user.most);
      if (chunk.full) user.most = Math.min(chunkEvents, 2 * chunk.items.length);
      return chunk;
    } catch (error) {
      // The tail goes on where it is when the database is back.
      if (isDatabaseUnavailable(error)) {
        return { items: [], end: null, full: false, gap: false };
      }
      throw error;
    }
  }

  async function read(userId: string, user: Followed, after: TailPosition): Promise<TailChunk> {
    const place = formatPosition("", after);
    if (user.reading?.after === place) return user.reading.chunk;
    const reading = { after: place, chunk: readInTurn(userId, user, after) };
    user.reading = reading;
    const forget = () => {
      if (user.reading === reading) user.reading = undefined;
    };
    const chunk = await reading.chunk.catch((error: unknown) => {
      forget();
      throw error;
    });
    if (chunk.end === null) forget();
    return chunk;
  }

  /** Many who wait are woken only for something to send: most signs are of what they have had already. */
  async function wakeWaiting(userId: string, user: Followed): Promise<void> {
    for (let version = -1; version !== user.version; ) {
      version = user.version;
      for (const [place, { after }] of user.waiting) {
        // Who is woken after an error reads again, and meets it there.
        const chunk = await read(userId, user, after).catch(() => undefined);
        if (chunk?.end === null) continue;
        const woken = user.waiting.get(place);
        user.waiting.delete(place);
        for (const resolve of woken?.wake ?? []) resolve();
      }
    }
  }

  function bump(userId: string, user: Followed): void {
    user.version += 1;
    if (user.looking || user.waiting.size === 0) return;
    user.looking = true;
    void wakeWaiting(userId, user).finally(() => {
      user.looking = false;
    });
  }

  function newFollower(userId: string, user: Followed): Follower {
    let seen = user.version;
    let released = false;
    let place = "";
    let wake = () => {};
    return {
      read(after) {
        seen = user.version;
        return read(userId, user, after);
      },
      more(after) {
        if (seen !== user.version || released) return Promise.resolve();
        place = formatPosition("", after);
        const group = user.waiting.get(place) ?? { after, wake: new Set() };
        user.waiting.set(place, group);
        return new Promise((resolve) => {
          wake = resolve;
          group.wake.add(resolve);
        });
      },
      release() {
        if (released) return;
        released = true;
        const group = user.waiting.get(place);
        group?.wake.delete(wake);
        if (group?.wake.size === 0) user.waiting.delete(place);
        wake();
        tails -= 1;
        user.followers -= 1;
        if (user.followers > 0) return;
        clearTimeout(user.secondLook);
        users.delete(userId);
      },
    };
  }

  return {
    get count() {
      return tails;
    },
    follow(userId) {
      const user = users.get(userId) ?? new Followed();
      if (tails >= maxTails || user.followers >= maxTailsPerUser) {
        throw new AppError("overloaded", "Too many live tails are open.", { retryAfterSeconds: 5 });
      }
      users.set(userId, user);
      tails += 1;
      user.followers += 1;
      if (!poll) schedulePoll();
      return newFollower(userId, user);
    },
    wake(userIds) {
      for (const userId of userIds) {
        const user = users.get(userId);
        if (!user) continue;
        bump(userId, user);
        user.secondLook ??= setTimeout(() => {
          user.secondLook = undefined;
          bump(userId, user);
        }, secondLookMilliseconds);
      }
    },
  };
}
