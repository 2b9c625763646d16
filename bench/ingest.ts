import { randomBytes } from "node:crypto";
import { httpRequest, load } from "./load.ts";
import { inTurns, type Row } from "./rows.ts";
import type { Bench } from "./servers.ts";

const batchSize = 100;
let clock = Date.now() - 3_600_000;

/** About 300 bytes, every one new: its id is a UUIDv7 of its own time. */
function event(): object {
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

const batch = () => JSON.stringify({ events: Array.from({ length: batchSize }, event) });

async function call(bench: Bench, cookie: string, path: string, input: object) {
  const { origin } = bench.product;
  const response = await fetch(`${origin}/trpc/${path}`, {
    method: "POST",
    headers: { "content-type": "application/json", origin, cookie },
    body: JSON.stringify(input),
  });
  const body = (await response.json()) as { result: { data: { id: string; key: string } } };
  return body.result.data;
}

/** Batches of 100 new events by `POST /api/v1/events`, against one insert per batch, in turns. */
export async function ingestBatches(bench: Bench, user: { cookie: string }): Promise<Row> {
  const agent = await call(bench, user.cookie, "agents.create", { name: "bench" });
  const scopes = ["events:write"];
  const key = await call(bench, user.cookie, "apiKeys.create", {
    agentId: agent.id,
    name: "bench",
    scopes,
  });
  const plain = await bench.plain("plain-ingest.ts");
  const headers = { authorization: `Bearer ${key.key}` };
  const ours = () => httpRequest("POST", "/api/v1/events", headers, batch());
  const theirs = () => httpRequest("POST", "/", {}, batch());
  const options = { connections: 32, seconds: 4, everyTime: true };
  await load(bench.product.port, ours, { ...options, seconds: 2 });
  await load(plain.port, theirs, { ...options, seconds: 2 });
  const rates = await inTurns(
    async () => (await load(bench.product.port, ours, options)).perSecond * batchSize,
    async () => (await load(plain.port, theirs, options)).perSecond * batchSize,
  );
  plain.stop();
  return {
    name: "ingest, batches of 100 events of about 300 bytes, 32 connections",
    unit: "events/s",
    ...rates,
    target: 90,
    note: "node:http, JSON.parse, one insert per batch, a primary key and two b-trees",
  };
}
