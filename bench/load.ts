import { connect, type Socket } from "node:net";

export type LoadResult = {
  requests: number;
  seconds: number;
  perSecond: number;
  p50: number;
  p99: number;
};

const lastChunk = "\r\n0\r\n\r\n";

/** One HTTP/1.1 exchange after another on a keep-alive connection; calls `done` at each complete answer. */
function exchange(socket: Socket, next: () => Buffer, done: (status: number) => boolean) {
  let buffer = "";
  socket.setNoDelay(true);
  socket.on("data", (chunk) => {
    buffer += chunk.toString("latin1");
    const head = buffer.indexOf("\r\n\r\n");
    if (head < 0) return;
    const length = /content-length: (\d+)/i.exec(buffer.slice(0, head))?.[1];
    // Without a length it comes in chunks, of which the last is empty.
    const last = length === undefined ? buffer.indexOf(lastChunk, head + 2) : head;
    const end = length === undefined ? last + lastChunk.length : head + 4 + Number(length);
    if (last < 0 || buffer.length < end) return;
    const status = Number(buffer.slice(9, 12));
    buffer = buffer.slice(end);
    if (done(status)) socket.write(next());
    else socket.end();
  });
  socket.write(next());
}

const percentile = (sorted: number[], share: number) =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;

/**
 * Sends requests over some connections for a time, each connection one after another, from this
 * process. Each connection sends what `next` gave it first again and again, or with `everyTime` a
 * new request each time. Every answer must be 200.
 */
export async function load(
  port: number,
  next: () => Buffer,
  { connections = 32, seconds = 5, everyTime = false } = {},
): Promise<LoadResult> {
  const times: number[] = [];
  const started = performance.now();
  const until = started + seconds * 1000;
  await Promise.all(
    Array.from({ length: connections }, () => {
      return new Promise<void>((resolve, reject) => {
        const socket = connect(port, "127.0.0.1");
        let sentAt = performance.now();
        socket.on("error", reject);
        socket.on("close", () => resolve());
        const first = next();
        exchange(socket, everyTime ? next : () => first, (status) => {
          if (status !== 200) reject(new Error(`answered ${status}`));
          const now = performance.now();
          times.push(now - sentAt);
          sentAt = now;
          return now < until;
        });
      });
    }),
  );
  const elapsed = (performance.now() - started) / 1000;
  times.sort((a, b) => a - b);
  return {
    requests: times.length,
    seconds: elapsed,
    perSecond: times.length / elapsed,
    p50: percentile(times, 0.5),
    p99: percentile(times, 0.99),
  };
}

/** The bytes of a request. */
export function httpRequest(
  method: string,
  path: string,
  headers: Record<string, string>,
  body = "",
): Buffer {
  const lines = [
    `${method} ${path} HTTP/1.1`,
    "host: 127.0.0.1",
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    ...(body
      ? [`content-length: ${Buffer.byteLength(body)}`, "content-type: application/json"]
      : []),
  ];
  return Buffer.from(`${lines.join("\r\n")}\r\n\r\n${body}`);
}
