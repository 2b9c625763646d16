import type { Server } from "node:http";
import type { Socket } from "node:net";

/** A query stands in the head: one that is far too long is read still, so that it can be told where it is wrong. */
const longBytes = 262_144;
/** As Node.js has it for any server. */
const usualBytes = 16_384;
/** So many connections at a time may have long heads: together, while none of them has come whole, 64 MiB. */
export const longHeads = 256;

/**
 * Lets heads be long on the first connections only, while they are open: whoever opens thousands and never
 * ends a head takes no more memory than of any server of Node.js, which asks for the longest head that it
 * reads when it takes a connection.
 * @throws Error where Node.js takes connections in another way
 */
export function allowLongHeads(server: Server): void {
  const [takeConnection, ...others] = server.listeners("connection");
  if (!takeConnection || others.length > 0) {
    throw new Error("Node.js takes connections in another way");
  }
  server.removeAllListeners("connection");
  let open = 0;
  server.on("connection", (socket: Socket) => {
    const isLong = open < longHeads;
    if (isLong) {
      open += 1;
      socket.once("close", () => {
        open -= 1;
      });
    }
    // Not in the types of Node.js: its option `maxHeaderSize`.
    Object.assign(server, { maxHeaderSize: isLong ? longBytes : usualBytes });
    takeConnection.call(server, socket);
  });
}
