import { type Server, STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import type { Deps } from "../deps.ts";
import { toAppError } from "../errors.ts";
import { tellUnexpected } from "../telemetry/unexpected.ts";
import { plainError } from "./answer.ts";
import { callerAddress } from "./caller-address.ts";
import { DirectConnection, type Surroundings } from "./direct-connection.ts";
import { newRequestId } from "./request-id.ts";
import { readWholeCall, type WholeCall } from "./whole-call.ts";

export type DirectCall = WholeCall & { id: string; address: string };
/** `headers` as in an exchange: names in lower case, each followed by its value. */
export type DirectAnswer = { status: number; headers: readonly string[]; body: string };

/** A `POST` that is answered from the bytes of its call. */
export type DirectRoute = {
  path: string;
  answer(call: DirectCall): Promise<DirectAnswer>;
};

/**
 * Does the work for all that came in a turn of the event loop at its end: work of one kind finds the
 * processor's caches full of its own.
 */
function together<T>(work: (one: T) => void): (one: T) => void {
  let waiting: T[] = [];
  const doAll = () => {
    const all = waiting;
    waiting = [];
    for (const one of all) work(one);
  };
  return (one) => {
    if (waiting.length === 0) setImmediate(doAll);
    waiting.push(one);
  };
}

/** The time as answers tell it, made once a second. */
function createDate(): () => string {
  let second = 0;
  let text = "";
  return () => {
    const now = Math.floor(Date.now() / 1000);
    if (now !== second) text = new Date(now * 1000).toUTCString();
    second = now;
    return text;
  };
}

type Written = DirectAnswer & { id: string; isLast: boolean };

/** Answers as text; `always` are the headers of every one. */
function createWriter(always: Readonly<Record<string, string>>, keepAliveMilliseconds: number) {
  const first = Object.entries(always).map(([name, value]) => `${name}: ${value}\r\n`);
  const common = `\r\n${first.join("")}content-type: application/json; charset=utf-8\r\n`;
  const seconds = Math.floor(keepAliveMilliseconds / 1000);
  const kept = `Connection: keep-alive\r\nKeep-Alive: timeout=${seconds}\r\n\r\n`;
  const dateNow = createDate();
  return ({ status, headers, body, id, isLast }: Written): string => {
    let text = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? "unknown"}${common}x-request-id: ${id}\r\n`;
    for (let at = 0; at < headers.length; at += 2) text += `${headers[at]}: ${headers[at + 1]}\r\n`;
    text += `content-length: ${Buffer.byteLength(body)}\r\nDate: ${dateNow()}\r\n`;
    return `${text}${isLast ? "Connection: close\r\n\r\n" : kept}${body}`;
  };
}

/** Has the server end our connections, too, where it ends its own. */
function endWith(server: Server, open: ReadonlySet<DirectConnection>): void {
  const { closeIdleConnections, closeAllConnections } = server;
  server.closeIdleConnections = () => {
    for (const connection of open) connection.endIdle();
    closeIdleConnections.call(server);
  };
  server.closeAllConnections = () => {
    for (const { socket } of open) socket.destroy();
    closeAllConnections.call(server);
  };
}

/**
 * Answers calls of a route from the bytes of their connection, where a whole call arrives at once in its
 * plainest form: parser, streams and listeners of `node:http` cost more than storing an event
 * (docs/adr/0042-whole-calls-from-the-socket.md). With the first bytes that are anything else the
 * connection is the server's, for good. `always` are the headers of every answer.
 * @throws Error where Node.js takes connections in another way
 */
export function answerDirectly(
  server: Server,
  deps: Pick<Deps, "config" | "stopping" | "log" | "metrics">,
  { path, answer }: DirectRoute,
  always: Readonly<Record<string, string>>,
): void {
  const { config, stopping } = deps;
  const [takeConnection, ...others] = server.listeners("connection");
  if (!takeConnection || others.length > 0) {
    throw new Error("Node.js takes connections in another way");
  }
  server.removeAllListeners("connection");

  const requestLine = Buffer.from(`POST ${path} HTTP/1.1\r\n`);
  // Who calls this name is sent to another, by the server.
  const elsewhere = config.publicUrl.hostname === "localhost" ? null : `localhost:${config.port}`;
  const addressOf = callerAddress(config);
  const textOf = createWriter(always, server.keepAliveTimeout);

  type Answered = { connection: DirectConnection; id: string; answer: DirectAnswer };
  const write = together(({ connection, id, answer: { status, headers, body } }: Answered) => {
    const isLast = stopping.aborted;
    connection.write(textOf({ status, headers, body, id, isLast }), isLast);
  });
  type Begun = { connection: DirectConnection; call: DirectCall };
  const begin = together(({ connection, call }: Begun) => {
    const { id } = call;
    answer(call).then(
      (answer) => write({ connection, id, answer }),
      // A route answers its errors by itself.
      (thrown: unknown) => {
        tellUnexpected(deps, thrown, { requestId: id });
        const body = JSON.stringify(plainError(toAppError(thrown), id));
        write({ connection, id, answer: { status: 500, headers: [], body } });
      },
    );
  });

  const around: Surroundings = {
    read(bytes) {
      const call = stopping.aborted ? null : readWholeCall(bytes, requestLine);
      return call?.headers.host === elsewhere ? null : call;
    },
    begin(connection, { headers, body }) {
      // Asked now: who has gone by the end of the turn has no address any more.
      const address = addressOf({ headers, socket: connection.socket });
      begin({ connection, call: { headers, body, id: newRequestId(), address } });
    },
    giveAway: (socket) => takeConnection.call(server, socket),
    open: new Set(),
    firstMilliseconds: server.headersTimeout,
    idleMilliseconds: server.keepAliveTimeout,
  };
  endWith(server, around.open);
  server.on("connection", (socket: Socket) => {
    new DirectConnection(socket, around);
  });
}
