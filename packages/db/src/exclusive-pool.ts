import { isDatabaseUnavailable } from "./unavailable.ts";

export type ExclusivePool<Connection> = {
  /** Lends a connection to nobody else until `run` has settled; waits while all are lent. */
  use<T>(run: (connection: Connection) => Promise<T>): Promise<T>;
  /** Ends the connections; whoever uses the pool from then on is told `CONNECTION_ENDED`. */
  close(): Promise<void>;
};

export const ended = () =>
  Object.assign(new Error("the pool of connections is closed"), { code: "CONNECTION_ENDED" });

/** How many may wait for a connection at a time, and for how long; whoever else comes is told `POOL_BUSY`. */
export type Waiting = { most: number; milliseconds: number };

const busy = () =>
  Object.assign(new Error("too many wait for a connection"), { code: "POOL_BUSY" });

/**
 * A pool of connections that are each lent to one caller at a time, in the order of coming. One over
 * which the database was lost, or which says that it is broken, is thrown away for a new one, whatever
 * state its driver was left in (`lost-connections.test.ts`).
 */
export function createExclusivePool<Connection>(
  size: number,
  open: () => Connection,
  end: (connection: Connection) => Promise<void>,
  isBroken: (connection: Connection) => boolean = () => false,
  bounds?: Waiting,
): ExclusivePool<Connection> {
  const opened = new Set<Connection>();
  const idle: Connection[] = [];
  const waiting = new Set<(connection: Connection) => void>();
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

  function lend(): Connection | Promise<Connection> {
    const known = idle.pop();
    if (known) return known;
    if (opened.size < size) return add();
    if (!bounds) return new Promise((resolve) => waiting.add(resolve));
    if (waiting.size >= bounds.most) throw busy();
    return wait(bounds.milliseconds);
  }

  const wait = (milliseconds: number) =>
    new Promise<Connection>((resolve, reject) => {
      const late = setTimeout(() => {
        waiting.delete(take);
        reject(busy());
      }, milliseconds);
      const take = (connection: Connection) => {
        clearTimeout(late);
        resolve(connection);
      };
      waiting.add(take);
    });

  function giveBack(connection: Connection): void {
    const [next] = waiting;
    if (!next) {
      idle.push(connection);
      return;
    }
    waiting.delete(next);
    next(connection);
  }

  return {
    async use(run) {
      let connection = (await lend()) as Connection;
      let isLost = false;
      try {
        if (isClosed) throw ended();
        return await run(connection);
      } catch (error) {
        isLost = isDatabaseUnavailable(error);
        throw error;
      } finally {
        if (isLost || isBroken(connection)) connection = replace(connection);
        giveBack(connection);
      }
    },
    async close() {
      isClosed = true;
      await Promise.all([...opened].map(end));
    },
  };
}
