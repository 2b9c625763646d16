import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import type { FastifyError, FastifyReply, FastifyRequest } from "fastify";
import { v7 as uuidv7 } from "uuid";
import { AppError } from "../errors.ts";
import { plainError } from "./answer.ts";

type HeaderValues = Record<string, string>;

/** Answers a path that the router cannot decode, which no handler of ours gets to see. */
export function answerBadPath(_error: FastifyError, request: FastifyRequest, reply: FastifyReply) {
  const error = new AppError("invalid_input", "The path cannot be read.");
  reply.code(400).send(plainError(error, request.id));
}

const statuses: Record<string, number> = {
  ERR_HTTP_REQUEST_TIMEOUT: 408,
  HPE_HEADER_OVERFLOW: 431,
};

const messages: Record<string, string> = {
  HPE_HEADER_OVERFLOW:
    "The head of the request, in which the query stands, is too long: it may have 16 KiB while more than 256 connections are open, else 256 KiB.",
};

/** Answers bytes that are not HTTP, and ends their connection. */
export function answerNoHttp(headers: HeaderValues) {
  return (error: NodeJS.ErrnoException, socket: Socket): void => {
    if (error.code === "ECONNRESET" || !socket.writable) {
      socket.destroy();
      return;
    }
    const status = statuses[error.code ?? ""] ?? 400;
    const id = uuidv7();
    const name = STATUS_CODES[status] ?? "Bad Request";
    const message = messages[error.code ?? ""] ?? name;
    const body = JSON.stringify(plainError(new AppError("invalid_input", message), id));
    const lines = Object.entries({
      ...headers,
      "x-request-id": id,
      "cache-control": "no-store",
      "content-type": "application/json; charset=utf-8",
      "content-length": String(Buffer.byteLength(body)),
      connection: "close",
    }).map(([name, value]) => `${name}: ${value}`);
    socket.end([`HTTP/1.1 ${status} ${name}`, ...lines, "", body].join("\r\n"));
  };
}
