import { isDatabaseUnavailable } from "./unavailable.ts";

export type ExclusivePool<Connection> = {
  /** Lends a connection to nobody else until `run` has settled; waits while all are lent. */
  use<T>(run: (connection: Connection) => Promise<T>): Promise<T>;
  /** Ends the connections; whoever uses the pool from then on is told `CONNECTION_ENDED`. */
  close(): Promise<void>;
};

export const ended = () =>
  Object.assign(new Error("the pool of connections is closed"), { code: "CONNECTION_ENDED" });

/**
 * A pool of connections that are each lent to one caller at a time. One over which the database was
 * lost, or which says that it is broken, is thrown away for a new one, whatever state its driver was
 * left in (`lost-connections.test.ts`).
 */
export function createExclusivePool<Connection>(
  size: number,
  open: () => Connection,
  end: (connection: Connection) => Promise<void>,
  isBroken: (connection: Connection) => boolean = () => false,
): ExclusivePool<Connection> {
  const opened = new Set<Connection>();
  const idle: Connection[] = [];
  const waiting: ((connection: Connection) => void)[] = [];
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
    return new Promise((resolve) => waiting.push(resolve));
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
        const next = waiting.shift();
        if (next) next(connection);
        else idle.push(connection);
      }
    },
    async close() {
      isClosed = true;
      await Promise.all([...opened].map(end));
    },
  };
}
