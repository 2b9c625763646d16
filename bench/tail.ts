import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { inTurns } from "./in-turns.ts";
import { batchOf, makeKey } from "./ingest.ts";
import { httpRequest } from "./load.ts";
import { cpuMicroseconds, type Part, residentMegabytes } from "./rows.ts";
import { startProduct } from "./servers.ts";
import { signUpFirst } from "./signed-in-query.ts";

const clients = 1000;
const mark = Buffer.from('"type":"ssh.login.failed"');

type Side = { port: number; pid: number; follow: Buffer; send: (size: number) => Buffer };

/** Clients of one server that count the events they are sent. */
async function followAll({ port, follow }: Side) {
  const counts = { delivered: 0, onDelivery: () => {} };
  const sockets: Socket[] = [];
  for (let client = 0; client < clients; client += 1) {
    const socket = connect(port, "127.0.0.1");
    let kept = Buffer.alloc(0);
    await new Promise<void>((resolve, reject) => {
      socket.once("error", reject);
      socket.once("data", () => resolve());
      socket.write(follow);
    });
    socket.on("data", (chunk) => {
      // A mark may be cut in two.
      const bytes = kept.length > 0 ? Buffer.concat([kept, chunk]) : chunk;
      let from = 0;
      for (let at = bytes.indexOf(mark); at >= 0; at = bytes.indexOf(mark, from)) {
        counts.delivered += 1;
        from = at + mark.length;
      }
      kept = bytes.subarray(Math.max(from, bytes.length - mark.length + 1));
      counts.onDelivery();
    });
    sockets.push(socket);
  }
  const close = () => {
    for (const socket of sockets) socket.destroy();
  };
  return { counts, close };
}

/** One connection that sends batch after batch; resolves at the end of an answer. */
function sender({ port, send }: Side) {
  const socket = connect(port, "127.0.0.1");
  const post = (size: number) =>
    new Promise<void>((resolve) => {
      socket.once("data", () => resolve());
      socket.write(send(size));
    });
  return { post, close: () => socket.destroy() };
}

/** Deliveries per second while batches of 10 are sent and no client is more than 500 events behind. */
async function rateOf(side: Side): Promise<number> {
  const { counts, close } = await followAll(side);
  const { post, close: hangUp } = sender(side);
  const start = performance.now();
  let sent = 0;
  while (performance.now() - start < 4000) {
    await post(10);
    sent += 10;
    while (sent * clients - counts.delivered > 500 * clients) await sleep(1);
  }
  const rate = (counts.delivered * 1000) / (performance.now() - start);
  close();
  hangUp();
  return rate;
}

/**
 * Of one event sent 20 times a second: the 95th percentile of milliseconds from sending it to its arrival
 * at a client, and the CPU microseconds that the server spends on one client for it.
 */
async function latencyOf(side: Side): Promise<{ p95: number; cost: number }> {
  const { counts, close } = await followAll(side);
  const { post, close: hangUp } = sender(side);
  const times: number[] = [];
  const spent = cpuMicroseconds(side.pid);
  for (let event = 0; event < 60; event += 1) {
    const sentAt = performance.now();
    const before = counts.delivered;
    let seen = before;
    const all = new Promise<void>((resolve) => {
      counts.onDelivery = () => {
        const now = performance.now() - sentAt;
        for (; seen < counts.delivered; seen += 1) times.push(now);
        if (seen - before >= clients) resolve();
      };
    });
    await post(1);
    await Promise.race([all, sleep(2000)]);
    await sleep(Math.max(0, 50 - (performance.now() - sentAt)));
  }
  const cost = (cpuMicroseconds(side.pid) - spent) / counts.delivered;
  close();
  hangUp();
  times.sort((a, b) => a - b);
  return { p95: times[Math.floor(times.length * 0.95)] ?? Number.POSITIVE_INFINITY, cost };
}

/** `events.tail` with a thousand clients of one user on a server of its own, against a fan-out that stores nothing. */
export const tailFanOut: Part = async (bench) => {
  const server = await startProduct(bench, {
    args: [join(bench.built, "api.js")],
    database: "bench_tail",
    env: { MUNIMENT_MIGRATIONS: join(bench.built, "migrations") },
  });
  const key = await makeKey(server, (await signUpFirst(server)).cookie);
  const headers = { authorization: `Bearer ${key}` };
  const before = residentMegabytes(server.product.pid);
  const ours = {
    port: server.product.port,
    pid: server.product.pid,
    follow: httpRequest("GET", "/trpc/events.tail", headers),
    send: (size: number) => httpRequest("POST", "/api/v1/events", headers, batchOf(size)),
  };
  const plain = await bench.plain("plain-tail.ts");
  const theirs = {
    port: plain.port,
    pid: plain.pid,
    follow: httpRequest("GET", "/", {}),
    send: (size: number) => httpRequest("POST", "/", {}, batchOf(size)),
  };
  const rates = await inTurns(
    () => rateOf(ours),
    () => rateOf(theirs),
  );
  const [one, plainOne] = [await latencyOf(ours), await latencyOf(theirs)];
  plain.stop();
  const after = Math.round(residentMegabytes(server.product.pid));
  server.stop();
  return {
    row: {
      name: `live tail, ${clients} clients of one user`,
      unit: "deliveries/s",
      ...rates,
      target: 70,
      note: "node:http, each event serialised once, nothing stored",
    },
    note:
      `With ${clients} tails and 20 events a second, the p95 from sending an event to its arrival is ` +
      `**${Math.round(one.p95)} ms** (target: 100 ms; the yardstick, which stores nothing: ${Math.round(plainOne.p95)} ms), ` +
      `and its server spends ${Math.round(one.cost)} µs of CPU on each client it reaches (the yardstick: ${Math.round(plainOne.cost)} µs); ` +
      `the API process then holds **${after} MB**, ${Math.round(before)} MB before (target: under 200 MB).`,
  };
};
