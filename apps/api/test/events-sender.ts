import { Agent, request } from "node:http";
import { v7 as uuidv7 } from "uuid";
import type { Client } from "./client.ts";
import type { TestServer } from "./harness.ts";

/** What `events.ingest` answered, over tRPC or over REST. */
export type Sent = {
  status: number;
  headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into receipts and errors alike
  body: any;
};

/** Its connections have brought no other kind of call, so that whole calls are answered from their bytes. */
const ownConnections = new Agent({ keepAlive: true, maxSockets: 1 });

/** `isFromBytes`: whether it was answered by `http/direct-calls.ts`, which begins heads in another order. */
type SentWhole = Pick<Sent, "status" | "body"> & { isFromBytes: boolean };

/** Sends raw JSON text as a call whose head and body leave together. */
export function sendWhole(server: TestServer, key: string, text: string): Promise<SentWhole> {
  return new Promise((resolve, reject) => {
    const call = request(`${server.url}/api/v1/events`, {
      agent: ownConnections,
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${key}` },
    });
    call.on("error", reject);
    call.on("response", async (response) => {
      const json = Buffer.concat(await response.toArray()).toString("utf8");
      const names = response.rawHeaders.filter((_, at) => at % 2 === 0);
      const isFromBytes = names.indexOf("x-request-id") === names.indexOf("content-type") + 1;
      // Such a connection stays with `node:http`.
      if (!isFromBytes) call.destroy();
      resolve({ status: response.statusCode ?? 0, body: JSON.parse(json), isFromBytes });
    });
    // `end` writes the head in one piece with a body that it is given, and says its length.
    call.end(text);
  });
}

/** Sends raw JSON text with a key, one way or the other. */
export const transports = ["trpc", "trpc batch", "rest"] as const;
export type Transport = (typeof transports)[number];

export async function sendText(
  server: TestServer,
  key: string,
  text: string,
  transport: Transport = "rest",
): Promise<Sent> {
  const batch = transport === "trpc batch";
  const path = {
    trpc: "/trpc/events.ingest",
    "trpc batch": "/trpc/events.ingest?batch=1",
    rest: "/api/v1/events",
  }[transport];
  const response = await server.fetch(path, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${key}` },
    body: batch ? `{"0":${text}}` : text,
  });
  const json = await response.json();
  const answer = batch && Array.isArray(json) ? json[0] : json;
  const { status, headers } = response;
  return { status, headers, body: answer.result?.data ?? answer };
}

export const send = (server: TestServer, key: string, events: unknown[], transport?: Transport) =>
  sendText(server, key, JSON.stringify({ events }), transport);

/** An event of the given time whose id is of that time too. */
export function makeEvent<Fields extends object>(fields: Fields = {} as Fields, at = Date.now()) {
  const occurredAt = new Date(at).toISOString();
  return { id: uuidv7({ msecs: at }), type: "test.made", occurredAt, ...fields };
}

/** A member with an agent and a key of all scopes. */
export async function makeSender(server: TestServer, keyOptions: object = {}) {
  const member = await server.member();
  const key = await server.apiKey(member, keyOptions);
  return { member, ...key, userId: member.id };
}

/** Every page of a search. */
export async function searchAll(client: Client, input: object = {}) {
  const items = [];
  let cursor: string | null = null;
  do {
    const answer = await client.query("events.search", { ...input, ...(cursor ? { cursor } : {}) });
    if (answer.status !== 200) throw new Error(JSON.stringify(answer.error));
    items.push(...answer.data.items);
    cursor = answer.data.nextCursor;
  } while (cursor !== null);
  return items;
}
