import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

type StoredEvent = { id: string; type: string; message?: string };

/** What the server does with a call instead of storing its events and answering. */
export type Misbehaviour =
  | { status: number; headers?: Record<string, string>; body?: unknown }
  | "reset"
  | "store, then reset"
  | "store, then say nothing";

export type IngestServer = AsyncDisposable & {
  url: string;
  stored: Map<string, StoredEvent>;
  /** The ids of every call, in the order of the calls. */
  calls: string[][];
};

export const key = "mnt_test1234secret";

/** A small server with the ingest contract: it stores events by id, and misbehaves on request. */
export async function startIngestServer(
  misbehave: (
    call: number,
    events: StoredEvent[],
    body: string,
  ) => Misbehaviour | undefined | Promise<Misbehaviour | undefined> = () => undefined,
): Promise<IngestServer> {
  const stored = new Map<string, StoredEvent>();
  const calls: string[][] = [];

  function store(events: StoredEvent[]) {
    const receipt = {
      batchId: "b",
      receivedAt: "",
      accepted: 0,
      duplicates: 0,
      rejected: [] as object[],
    };
    for (const [index, event] of events.entries()) {
      const known = stored.get(event.id);
      if (event.type === "not allowed") {
        receipt.rejected.push({
          index,
          reason: "invalid_type",
          message: "\u001b[31mNo such type.",
        });
      } else if (known === undefined) {
        stored.set(event.id, event);
        receipt.accepted += 1;
      } else if (JSON.stringify(known) === JSON.stringify(event)) receipt.duplicates += 1;
      else receipt.rejected.push({ index, reason: "id_conflict", message: "Another event." });
    }
    return receipt;
  }

  async function answer(request: IncomingMessage, response: ServerResponse) {
    const body = await text(request);
    const { events } = JSON.parse(body);
    if (request.url !== "/api/v1/events" || request.method !== "POST") {
      return respond(response, 404, refusal("not_found", `${request.method} ${request.url}`));
    }
    if (events.length > 100) return respond(response, 400, refusal("batch_too_large"));
    if (request.headers.authorization !== `Bearer ${key}`) {
      return respond(response, 401, refusal("invalid_api_key"));
    }
    const call = calls.push(events.map(({ id }: StoredEvent) => id)) - 1;
    const act = await misbehave(call, events, body);
    if (act === undefined) return respond(response, 200, store(events));
    if (act === "reset") return request.socket.resetAndDestroy();
    if (typeof act === "object")
      return respond(response, act.status, act.body ?? refusal("test"), act.headers);
    store(events);
    if (act === "store, then reset") request.socket.resetAndDestroy();
  }

  const server = createServer((request, response) => {
    answer(request, response).catch(() => request.socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    stored,
    calls,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function refusal(reason: string, message = "As the test wants.") {
  return { error: { code: "TEST", reason, message, requestId: "r" } };
}

function respond(response: ServerResponse, status: number, body: unknown, headers = {}) {
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(typeof body === "string" ? body : JSON.stringify(body));
}
