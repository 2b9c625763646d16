import { isDatabaseUnavailable } from "./unavailable.ts";

export type Lane<Connection> = {
  /** Lends a connection to nobody else until `run` has settled; waits while there is none for it. */
  use<T>(run: (connection: Connection) => Promise<T>): Promise<T>;
};

/** How many may wait in a lane at a time, and for how long; whoever else comes is told `POOL_BUSY`. */
export type Waiting = { most: number; milliseconds: number };

/** How many connections one kind of work has at once at most, so that the others keep the rest. */
export type LaneBounds = { atOnce: number; waiting?: Waiting };

export type ExclusivePool<Connection> = Lane<Connection> & {
  /** The same connections for one kind of work. */
  lane(bounds: LaneBounds): Lane<Connection>;
  /** Ends the connections; whoever uses the pool from then on is told `CONNECTION_ENDED`. */
  close(): Promise<void>;
};

export const ended = () =>
  Object.assign(new Error("the pool of connections is closed"), { code: "CONNECTION_ENDED" });

const busy = () =>
  Object.assign(new Error("too many wait for a connection"), { code: "POOL_BUSY" });

/** Who waits, with the number of their coming. */
type Waiter<Connection> = { number: number; take(connection: Connection): void };

/** What is lent in a lane, and who waits there in the order of coming. */
type LaneState<Connection> = LaneBounds & { lent: number; waiters: Set<Waiter<Connection>> };

const firstOf = <Connection>({ waiters }: LaneState<Connection>) => {
  const [first] = waiters;
  return first;
};

/**
 * A pool of connections that are each lent to one caller at a time, in the order of coming; who is in a
 * lane that has as many as it may is passed over. One over which the database was lost, or which says
 * that it is broken, is thrown away for a new one, whatever state its driver was left in
 * (`lost-connections.test.ts`).
 */
export function createExclusivePool<Connection>(
  size: number,
  open: () => Connection,
  end: (connection: Connection) => Promise<void>,
  isBroken: (connection: Connection) => boolean = () => false,
): ExclusivePool<Connection> {
  const opened = new Set<Connection>();
  const idle: Connection[] = [];
  const lanes: LaneState<Connection>[] = [];
  let comings = 0;
  let isClosed = false;

  function add(): Connection {
    const connection = open();
    opened.add(connection);
    return connection;
  }

  function replace(lost: Connection): Connection {
    opened.delete(lost);
    void end(lost).catch(() => {});
    return add();
  }

  function lend(lane: LaneState<Connection>): Connection | Promise<Connection> {
    if (lane.lent < lane.atOnce && (idle.length > 0 || opened.size < size)) {
      const connection = idle.pop() ?? add();
      lane.lent += 1;
      return connection;
    }
    if (lane.waiting && lane.waiters.size >= lane.waiting.most) throw busy();
    return wait(lane);
  }

  const wait = ({ waiters, waiting }: LaneState<Connection>) =>
    new Promise<Connection>((resolve, reject) => {
      comings += 1;
      const waiter = {
        number: comings,
        take(connection: Connection) {
          clearTimeout(late);
          resolve(connection);
        },
      };
      const giveUp = () => {
        waiters.delete(waiter);
        reject(busy());
      };
      const late = waiting && setTimeout(giveUp, waiting.milliseconds);
      waiters.add(waiter);
    });

  function giveBack(connection: Connection, lane: LaneState<Connection>): void {
    lane.lent -= 1;
    let next: LaneState<Connection> | undefined;
    for (const one of lanes) {
      const number = one.lent < one.atOnce ? firstOf(one)?.number : undefined;
      if (number !== undefined && number < ((next && firstOf(next)?.number) ?? Infinity))
        next = one;
    }
    const waiter = next && firstOf(next);
    if (!next || !waiter) {
      idle.push(connection);
      return;
    }
    next.lent += 1;
    next.waiters.delete(waiter);
    waiter.take(connection);
  }

  function lane(bounds: LaneBounds): Lane<Connection> {
    const state: LaneState<Connection> = { ...bounds, lent: 0, waiters: new Set() };
    lanes.push(state);
    return {
      async use(run) {
        let connection = (await lend(state)) as Connection;
        let isLost = false;
        try {
          if (isClosed) throw ended();
          return await run(connection);
        } catch (error) {
          isLost = isDatabaseUnavailable(error);
          throw error;
        } finally {
          if (isLost || isBroken(connection)) connection = replace(connection);
          giveBack(connection, state);
        }
      },
    };
  }

  return {
    ...lane({ atOnce: size }),
    lane,
    async close() {
      isClosed = true;
      await Promise.all([...opened].map(end));
    },
  };
}
