import type { IncomingMessage, ServerResponse } from "node:http";
import { giveRoomBack } from "./body-room.ts";

/** A request and its answer, as the routes of the API get them. */
export type Exchange = {
  request: IncomingMessage;
  response: ServerResponse;
  /** Also told to the caller, as `x-request-id`. */
  id: string;
  /** Of the caller, past the proxies that are trusted. */
  address: string;
  /** The target up to its question mark, as it was sent. */
  path: string;
  /** The path of the route that answers; empty where there is none. */
  route: string;
  /** What follows the question mark; empty without one. */
  search: string;
  /**
   * Of the answer, whatever it will be: names in lower case, each followed by its value. As a list
   * they cost a fifth of what Node.js takes for an object. Use `setHeader` where one may be there.
   */
  headers: string[];
};

/** `path` is exact, or ends in `/*` for everything below. A GET answers HEAD too, `any` every method. */
export type Route = {
  method: "GET" | "POST" | "any";
  path: string;
  answer(exchange: Exchange): Promise<void>;
};

/** Adds a header to the answer, in the place of one of that name. */
export function setHeader({ headers }: Exchange, name: string, value: string): void {
  for (let at = 0; at < headers.length; at += 2) {
    if (headers[at] !== name) continue;
    headers[at + 1] = value;
    return;
  }
  headers.push(name, value);
}

/** Answers that wait for the end of this turn of the event loop. */
let waiting: { response: ServerResponse; body: string | Buffer }[] = [];

/** Answers that are still on their way, maybe to a slow reader, and the bytes held for it; oldest first. */
const leaving = new Map<ServerResponse, number>();
/** Who has taken nothing for so long is let go, and with it what is held for it. */
const leavingMilliseconds = 120_000;
/** What is held for all readers together: beyond it, those who have been at it for longest are let go. */
const maxHeldBytes = 128 * 1024 * 1024;
let heldBytes = 0;

function forget(response: ServerResponse): void {
  heldBytes -= leaving.get(response) ?? 0;
  leaving.delete(response);
}

/**
 * What the connection has taken; of an answer that was written at once all of it, from the beginning. One
 * that waits behind another of its connection has no socket yet, and nothing is taken of it.
 */
const bytesTaken = ({ socket }: ServerResponse) => socket?.bytesWritten ?? 0;

/** Ends the connection of an answer, which frees all that waits on it: an answer behind another cannot end alone. */
function letGo(response: ServerResponse): void {
  const { socket } = response.req;
  for (const one of leaving.keys()) {
    if (one.req.socket !== socket) continue;
    forget(one);
    one.destroy();
  }
  socket.destroy();
}

/**
 * Bounds how long an answer may be on its way from now on: one that is sent piece by piece as long as pieces
 * are taken, one that has ended two minutes; and how much is held of all that have ended.
 */
export function mustLeave(response: ServerResponse): void {
  const bytes = response.writableLength;
  leaving.set(response, bytes);
  heldBytes += bytes;
  let taken = bytesTaken(response);
  const look = setInterval(() => {
    const now = bytesTaken(response);
    if (!(now > taken)) letGo(response);
    taken = now;
  }, leavingMilliseconds).unref();
  response.once("close", () => {
    clearInterval(look);
    forget(response);
  });
  for (const [oldest, held] of leaving) {
    if (heldBytes <= maxHeldBytes) return;
    if (held > 0) letGo(oldest);
  }
}

/** Sends the end of an answer, and bounds how long its reader may take for what is not read yet. */
export function endAnswer(response: ServerResponse, body?: string | Buffer): void {
  response.end(body);
  // One whose caller has gone keeps what is written to it, and closes no more.
  if (!response.closed && response.writableLength > 0) mustLeave(response);
}

function endAll(): void {
  const ended = waiting;
  waiting = [];
  for (const { response, body } of ended) endAnswer(response, body);
}

/**
 * Resolves when all answers that are on their way now have left. Before that, to close a server would
 * cut them off: Node.js takes the connection of an answer that has ended for idle.
 */
export async function allHaveLeft(): Promise<void> {
  await Promise.all(
    [...leaving.keys()].map((one) => new Promise((left) => one.once("close", left))),
  );
}

/**
 * Ends an answer behind all that this turn of the event loop still judges: judging and writing by
 * turns, each finds the processor's caches full of the other's (docs/adr/0040-answers-of-one-turn-leave-together.md).
 */
function endTogether(response: ServerResponse, body: string | Buffer): void {
  if (waiting.length === 0) setImmediate(endAll);
  waiting.push({ response, body });
}

/** How long who is still sending may pause. */
const quietMilliseconds = 1000;

/**
 * Ends an answer with which the connection closes once nothing more comes of the request: whoever
 * writes all of it first would find the connection gone, and never read why (see bodies.test.ts).
 */
function endWhenQuiet(request: IncomingMessage, response: ServerResponse): void {
  function end(): void {
    clearTimeout(quiet);
    request.off("close", end);
    endAnswer(response);
  }
  const quiet = setTimeout(end, quietMilliseconds);
  request.on("data", () => quiet.refresh());
  request.once("close", end);
}

/** Answers the whole body; that of the call is not needed any more. */
export function send(
  { request, response, headers }: Exchange,
  status: number,
  type: string,
  body: string | Buffer,
): void {
  giveRoomBack(response);
  headers.push("content-type", type, "content-length", String(Buffer.byteLength(body)));
  response.writeHead(status, headers);
  if (request.complete || request.destroyed || response.shouldKeepAlive) {
    endTogether(response, body);
    return;
  }
  response.write(body);
  endWhenQuiet(request, response);
}

export const sendJson = (exchange: Exchange, status: number, text: string): void =>
  send(exchange, status, "application/json; charset=utf-8", text);

/** Aborts when the client goes away before the answer is complete. */
export function abortOnClose({ response }: Exchange): AbortSignal {
  const controller = new AbortController();
  const abort = () => {
    if (!response.writableFinished) controller.abort();
  };
  // Who had gone before this was asked goes no more.
  if (response.closed) abort();
  else response.once("close", abort);
  return controller.signal;
}
