import { lookup } from "node:dns/promises";
import { request as httpRequest, type IncomingMessage } from "node:http";
import { isIP, type Socket } from "node:net";
import { AppError } from "../errors.ts";
import { createAddressRule } from "./addresses.ts";
import { openConnection } from "./connection.ts";
import { parseTarget, type Target } from "./target.ts";

export type EgressRequest = {
  url: string;
  method: "GET" | "POST" | "PUT" | "DELETE";
  headers?: Record<string, string>;
  body?: string | Buffer;
  /** From the look-up of the name to the end of the answer. */
  timeoutMilliseconds: number;
  /** The answer is cut off after so many bytes. */
  maxBodyBytes: number;
};

/** The answer as it comes; leaving the loop over its pieces ends the connection. */
export type EgressStream = {
  status: number;
  headers: Record<string, string>;
  /** Throws an Error with a sentence for the person when it breaks off or passes a bound. */
  body: AsyncGenerator<Buffer>;
};

export type EgressAnswer = {
  status: number;
  headers: Record<string, string>;
  bytes: Buffer;
  /** The same as text. */
  readonly body: string;
  truncated: boolean;
};

/**
 * The only way out: every request of the product to an address that a person or a setting named. It
 * reaches public addresses and those of EGRESS_ALLOW, follows no redirect and knows no proxy.
 */
export type Egress = {
  /** Whether the URL could be reached now. @throws AppError `url_not_allowed` */
  check(url: string): Promise<void>;
  /** @throws AppError `url_not_allowed`; Error with a sentence for the person when nothing came back */
  send(request: EgressRequest): Promise<EgressAnswer>;
  /** The same, answering as soon as the headers are there; `signal` ends it. */
  open(request: EgressRequest, signal: AbortSignal): Promise<EgressStream>;
};

/** Answers every address of a name; empty when there is none. */
export type Resolve = (host: string) => Promise<string[]>;

const maxHeaderBytes = 16_384;
const checkMilliseconds = 5000;

const resolveBySystem: Resolve = async (host) =>
  (await lookup(host, { all: true })).map(({ address }) => address);

/** Never which address it is: a name could be asked for to learn how a private network is laid out. */
const notAllowed = () =>
  new AppError("url_not_allowed", "The host is in a network that Muniment may not reach.");

const sentences: Record<string, string> = {
  ECONNREFUSED: "The connection was refused.",
  ECONNRESET: "The connection was broken off.",
  EHOSTUNREACH: "The host cannot be reached.",
  ENETUNREACH: "The host cannot be reached.",
  ENOTFOUND: "The host cannot be found.",
  HPE_HEADER_OVERFLOW: "The headers of the answer are too large.",
};

/** An error of the network as a sentence that tells nothing of this machine. */
function explain(error: unknown, milliseconds: number): Error {
  if (error instanceof AppError) return error;
  const { name = "", code = "" } = error as { name?: string; code?: string | number };
  if (name === "TimeoutError" || name === "AbortError") {
    return new Error(`There was no complete answer within ${milliseconds / 1000} s.`, {
      cause: error,
    });
  }
  const isTls = /^ERR_TLS|CERT|^ERR_SSL|SELF_SIGNED/.test(String(code));
  const known = isTls ? "The certificate was not accepted." : sentences[String(code)];
  return new Error(known ?? "The answer was no valid HTTP.", { cause: error });
}

function within<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    work.then(resolve, reject);
  });
}

async function readBody(answer: IncomingMessage, max: number) {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    chunks.push(chunk.subarray(0, max - size));
    size += chunk.length;
    // Leaving the loop destroys the answer and its socket.
    if (size > max) break;
  }
  const bytes = Buffer.concat(chunks);
  return { bytes, body: bytes.toString("utf8"), truncated: size > max };
}

const plainHeaders = ({ headers }: IncomingMessage) =>
  Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      typeof value === "string" ? [[name, value] as const] : [],
    ),
  );

/** The body piece by piece, no more of it than the bound. */
async function* pieces(
  answer: IncomingMessage,
  socket: Socket,
  { max, milliseconds }: { max: number; milliseconds: number },
): AsyncGenerator<Buffer> {
  let size = 0;
  try {
    for await (const piece of answer as AsyncIterable<Buffer>) {
      size += piece.length;
      if (size > max) throw new AnswerTooLargeError("The answer is too large.");
      yield piece;
    }
  } catch (error) {
    throw error instanceof AnswerTooLargeError ? error : explain(error, milliseconds);
  } finally {
    // Never left to an agent, which would use it again without judging its address.
    socket.destroy();
  }
}

class AnswerTooLargeError extends Error {}

function exchange(socket: Socket, { url }: Target, request: EgressRequest, signal: AbortSignal) {
  const { method, headers = {}, body } = request;
  return new Promise<IncomingMessage>((resolve, reject) => {
    const outgoing = httpRequest({
      method,
      path: `${url.pathname}${url.search}`,
      headers: {
        ...headers,
        host: url.host,
        ...(body === undefined ? {} : { "content-length": Buffer.byteLength(body) }),
      },
      createConnection: () => socket,
      maxHeaderSize: maxHeaderBytes,
      signal,
    });
    outgoing.once("error", reject);
    outgoing.once("response", resolve);
    outgoing.end(body);
  });
}

/** `allowedRanges` are the CIDR ranges of EGRESS_ALLOW. */
export function createEgress(
  allowedRanges: readonly string[],
  resolve: Resolve = resolveBySystem,
): Egress {
  const isAllowed = createAddressRule(allowedRanges);
  const accept = (address: string) => {
    if (!isAllowed(address)) throw notAllowed();
  };

  /** All addresses must be allowed: a name with one that is not was made to reach it some time. */
  async function addressesOf({ host }: Target, signal: AbortSignal): Promise<string[]> {
    const addresses = isIP(host) === 0 ? await within(resolve(host), signal) : [host];
    if (addresses.length === 0) throw new AppError("url_not_allowed", "The host cannot be found.");
    addresses.forEach(accept);
    return addresses;
  }

  return {
    async check(text) {
      const target = parseTarget(text);
      try {
        await addressesOf(target, AbortSignal.timeout(checkMilliseconds));
      } catch (error) {
        if (error instanceof AppError) throw error;
        throw new AppError("url_not_allowed", "The host cannot be found.", { cause: error });
      }
    },
    async send(request) {
      const signal = AbortSignal.timeout(request.timeoutMilliseconds);
      const target = parseTarget(request.url);
      let socket: Socket | undefined;
      try {
        const addresses = await addressesOf(target, signal);
        socket = await openConnection(target, addresses, accept, signal);
        const answer = await exchange(socket, target, request, signal);
        const read = await readBody(answer, request.maxBodyBytes);
        return { status: answer.statusCode ?? 0, headers: plainHeaders(answer), ...read };
      } catch (error) {
        throw explain(error, request.timeoutMilliseconds);
      } finally {
        socket?.destroy();
      }
    },
    async open(request, ended) {
      const { timeoutMilliseconds, maxBodyBytes } = request;
      const signal = AbortSignal.any([ended, AbortSignal.timeout(timeoutMilliseconds)]);
      const target = parseTarget(request.url);
      let socket: Socket | undefined;
      try {
        const addresses = await addressesOf(target, signal);
        socket = await openConnection(target, addresses, accept, signal);
        const answer = await exchange(socket, target, request, signal);
        const bounds = { max: maxBodyBytes, milliseconds: timeoutMilliseconds };
        const body = pieces(answer, socket, bounds);
        return { status: answer.statusCode ?? 0, headers: plainHeaders(answer), body };
      } catch (error) {
        socket?.destroy();
        throw explain(error, timeoutMilliseconds);
      }
    },
  };
}
