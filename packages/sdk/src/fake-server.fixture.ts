import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

type Sent = { id: string; type: string; seq?: number };
/** What it does with a call in place of answering: nothing after storing, or a status. */
type Misbehaviour = "silence" | { status: number; headers?: Record<string, string> } | undefined;

/** A server with the ingest contract that stores by id and misbehaves on request. */
export async function startFakeServer(misbehave: (call: number) => Misbehaviour = () => undefined) {
  const stored = new Map<string, Sent>();
  const calls: string[][] = [];

  async function answer(request: IncomingMessage, response: ServerResponse) {
    const { events } = JSON.parse(await text(request)) as { events: Sent[] };
    if (request.url !== "/api/v1/events") return end(response, 404, refusal(request.url ?? ""));
    const act = misbehave(calls.push(events.map(({ id }) => id)) - 1);
    if (typeof act === "object") return end(response, act.status, refusal("test"), act.headers);
    const receipt = { accepted: 0, duplicates: 0, rejected: [] as object[] };
    for (const [index, event] of events.entries()) {
      if (event.type === "bad")
        receipt.rejected.push({ index, reason: "invalid_type", message: "No." });
      else if (stored.has(event.id)) receipt.duplicates += 1;
      else {
        stored.set(event.id, event);
        receipt.accepted += 1;
      }
    }
    if (act !== "silence") end(response, 200, receipt);
  }

  const server = createServer((request, response) => {
    answer(request, response).catch(() => request.socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  return {
    url,
    target: { url: new URL(`${url}/`), key: "mnt_test" },
    stored,
    calls,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const refusal = (message: string) => ({ error: { message } });

function end(response: ServerResponse, status: number, body: object, headers = {}) {
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(JSON.stringify(body));
}
