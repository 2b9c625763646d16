import { setTimeout as sleep } from "node:timers/promises";
import { inTurns } from "./in-turns.ts";
import { batchOf, call, event, makeKey } from "./ingest.ts";
import { httpRequest, load } from "./load.ts";
import type { Part } from "./rows.ts";
import type { Bench } from "./servers.ts";

const events = 100_000;
const partBytes = 4_194_304;

type Import = { id: string; status: string; accepted: number };

/** Brings a file of new events in, from its first byte to the last event; events per second. */
async function bringIn(bench: Bench, cookie: string, agentId: string): Promise<number> {
  const { origin } = bench.product;
  const lines = Array.from({ length: events }, () => `${JSON.stringify(event())}\n`);
  const file = Buffer.from(lines.join(""));
  const begun = performance.now();
  const input = { agentId, format: "ndjson", name: "bench", sizeBytes: file.length };
  const { id } = await call(bench, cookie, "imports.create", input);
  for (let at = 0; at < file.length; at += partBytes) {
    const response = await fetch(`${origin}/api/v1/imports/${id}?offset=${at}`, {
      method: "POST",
      headers: { "content-type": "application/octet-stream", origin, cookie },
      body: file.subarray(at, at + partBytes),
    });
    if (!response.ok) throw new Error(`a part was refused: ${response.status}`);
  }
  const question = encodeURIComponent(JSON.stringify({ id }));
  for (;;) {
    const response = await fetch(`${origin}/trpc/imports.get?input=${question}`, {
      headers: { cookie },
    });
    const { result } = (await response.json()) as { result: { data: Import } };
    const { status, accepted } = result.data;
    if (status === "done" && accepted === events) {
      return (events * 1000) / (performance.now() - begun);
    }
    if (status !== "queued" && status !== "running") throw new Error(`the import is ${status}`);
    await sleep(50);
  }
}

/** A file of NDJSON against the same events in batches of 100 by `POST /api/v1/events`. */
export const importFile: Part = async (bench, { cookie }) => {
  const key = await makeKey(bench, cookie);
  const agent = await call(bench, cookie, "agents.create", { name: "bench of imports" });
  const headers = { authorization: `Bearer ${key}` };
  const request = () => httpRequest("POST", "/api/v1/events", headers, batchOf(100));
  const options = { connections: 32, seconds: 2, everyTime: true };
  const rates = await inTurns(
    () => bringIn(bench, cookie, agent.id),
    async () => 100 * (await load(bench.product.port, request, options)).perSecond,
  );
  const note = "`POST /api/v1/events` of the same server, batches of 100 over 32 connections";
  return {
    row: {
      name: "events of an NDJSON file imported",
      unit: "events/s",
      ...rates,
      target: 50,
      note,
    },
  };
};
