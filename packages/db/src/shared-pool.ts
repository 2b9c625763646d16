import { ended } from "./exclusive-pool.ts";
import { isDatabaseUnavailable } from "./unavailable.ts";

type Place<Connection> = { connection: Connection; underWay: number };

export type SharedPool<Connection> = {
  /** Hands out the connection with the fewest callers; others may be using it at the same time. */
  use<T>(run: (connection: Connection) => Promise<T>): Promise<T>;
  /** Ends the connections; whoever uses the pool from then on is told `CONNECTION_ENDED`. */
  close(): Promise<void>;
};

/**
 * A pool of connections that are each used by several callers at once, whose messages go out one
 * behind the other without waiting for answers. For messages that are each a whole transaction. A
 * connection over which the database was lost is thrown away for a new one.
 */
export function createSharedPool<Connection>(
  size: number,
  open: () => Connection,
  end: (connection: Connection) => Promise<void>,
): SharedPool<Connection> {
  const places: Place<Connection>[] = [];
  let isClosed = false;

  function emptiest(): Place<Connection> {
    let least = places[0];
    for (const place of places) if (!least || place.underWay < least.underWay) least = place;
    if (least && (least.underWay === 0 || places.length >= size)) return least;
    const place = { connection: open(), underWay: 0 };
    places.push(place);
    return place;
  }

  function drop(lost: Place<Connection>): void {
    const at = places.indexOf(lost);
    // Of all who were using it, the first has dropped it.
    if (at < 0) return;
    places.splice(at, 1);
    void end(lost.connection).catch(() => {});
  }

  return {
    async use(run) {
      if (isClosed) throw ended();
      const place = emptiest();
      place.underWay += 1;
      try {
        return await run(place.connection);
      } catch (error) {
        if (isDatabaseUnavailable(error)) drop(place);
        throw error;
      } finally {
        place.underWay -= 1;
      }
    },
    async close() {
      isClosed = true;
      await Promise.all(places.map(({ connection }) => end(connection)));
    },
  };
}
