import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";

/** The answers of each connection that came to wait behind another. */
const behind = new WeakMap<Socket, Set<ServerResponse>>();

function answersBehind(socket: Socket): Set<ServerResponse> {
  const known = behind.get(socket);
  if (known) return known;
  const waiting = new Set<ServerResponse>();
  behind.set(socket, waiting);
  socket.once("close", () => {
    for (const response of waiting) {
      if (response.closed) continue;
      // What Node.js does with the one that is being sent.
      Object.assign(response, { destroyed: true, _closed: true });
      response.emit("close");
    }
  });
  return waiting;
}

/**
 * Tells an answer that waits behind another of its connection when its caller has gone, which Node.js tells
 * only the one that is being sent: the others would keep for good what they hold until they are closed.
 */
export function tellWhenGone({ socket }: IncomingMessage, response: ServerResponse): void {
  if (response.socket) return;
  const waiting = answersBehind(socket);
  waiting.add(response);
  response.once("close", () => waiting.delete(response));
}
