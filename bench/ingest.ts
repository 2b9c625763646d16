import { randomBytes } from "node:crypto";
import { inTurns, manyPairs } from "./in-turns.ts";
import { httpRequest, load } from "./load.ts";
import { mostMegabytes, type Part } from "./rows.ts";
import type { Bench } from "./servers.ts";

let clock = Date.now() - 3_600_000;

/** About 300 bytes, every one new: its id is a UUIDv7 of its own time. */
export function event() {
  clock += 1;
  const time = clock.toString(16).padStart(12, "0");
  const bits = randomBytes(10).toString("hex");
  return {
    id: `${time.slice(0, 8)}-${time.slice(8)}-7${bits.slice(0, 3)}-8${bits.slice(3, 6)}-${bits.slice(6, 18)}`,
    type: "ssh.login.failed",
    level: "warn",
    occurredAt: new Date(clock).toISOString(),
    message: "Failed password for invalid user admin from 192.0.2.77 port 52683 ssh2",
    subject: "address:192.0.2.77",
    props: { user: "admin", address: "192.0.2.77", port: 52683, method: "password" },
  };
}

/** The body of a batch of new events. */
export const batchOf = (size: number) =>
  JSON.stringify({ events: Array.from({ length: size }, event) });

/** Calls a mutation of ours. */
export async function call(
  bench: Pick<Bench, "product">,
  cookie: string,
  path: string,
  input: object,
) {
  const { origin } = bench.product;
  const response = await fetch(`${origin}/trpc/${path}`, {
    method: "POST",
    headers: { "content-type": "application/json", origin, cookie },
    body: JSON.stringify(input),
  });
  const body = (await response.json()) as { result: { data: { id: string; key: string } } };
  return body.result.data;
}

/** A new agent's key that may write and read. */
export async function makeKey(bench: Pick<Bench, "product">, cookie: string): Promise<string> {
  const agent = await call(bench, cookie, "agents.create", { name: "bench" });
  const scopes = ["events:write", "events:read"];
  const input = { agentId: agent.id, name: "bench", scopes };
  return (await call(bench, cookie, "apiKeys.create", input)).key;
}

/** New events by `POST /api/v1/events` against the plain server, in turns; events per second. */
async function ingest(
  bench: Bench,
  user: { cookie: string },
  { size, connections }: { size: number; connections: number },
) {
  const key = await makeKey(bench, user.cookie);
  const plain = await bench.plain("plain-ingest.ts");
  const headers = { authorization: `Bearer ${key}` };
  const ours = () => httpRequest("POST", "/api/v1/events", headers, batchOf(size));
  const theirs = () => httpRequest("POST", "/", {}, batchOf(size));
  const options = { connections, seconds: 1, everyTime: true };
  await load(bench.product.port, ours, { ...options, seconds: 2 });
  await load(plain.port, theirs, { ...options, seconds: 2 });
  const rates = await inTurns(
    async () => (await load(bench.product.port, ours, options)).perSecond * size,
    async () => (await load(plain.port, theirs, options)).perSecond * size,
    manyPairs,
  );
  plain.stop();
  return { unit: "events/s", ...rates };
}

export const ingestBatches: Part = async (bench, user) => {
  const rates = await ingest(bench, user, { size: 100, connections: 32 });
  const row = {
    name: "ingest, batches of 100 events of about 300 bytes, 32 connections",
    ...rates,
    target: 90,
    note: "node:http, JSON.parse, one insert per batch, a primary key and two b-trees",
  };
  const most = Math.round(mostMegabytes(bench.product.pid));
  return {
    row,
    note: `At full ingest in batches the API process held at most **${most} MB** (target: under 300 MB).`,
  };
};

export const ingestSingles: Part = async (bench, user) => {
  const rates = await ingest(bench, user, { size: 1, connections: 64 });
  return {
    row: {
      name: "ingest, single events, 64 connections",
      ...rates,
      target: 170,
      note: "the same server, each event inserted by itself",
    },
  };
};
