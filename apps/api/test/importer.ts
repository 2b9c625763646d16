import { importPartBytes } from "@muniment/shared/imports.ts";
import { expect } from "vitest";
import type { Client } from "./client.ts";
import { must, type TestServer } from "./harness.ts";

type Named = { agentId: string; format?: "ndjson" | "csv"; name?: string } & Record<
  string,
  unknown
>;

/** Sends a part of a file to an import. */
export const sendPart = (
  server: TestServer,
  client: Client,
  id: string,
  offset: number | string,
  bytes: Uint8Array,
  headers: Record<string, string> = {},
) =>
  server.fetch(`/api/v1/imports/${id}?offset=${offset}`, {
    method: "POST",
    headers: {
      cookie: client.cookie,
      origin: server.deps.config.publicUrl.origin,
      "content-type": "application/octet-stream",
      ...headers,
    },
    body: Buffer.from(bytes),
  });

/** Announces a file and sends all of it; answers the import's id. */
export async function sendFile(
  server: TestServer,
  client: Client,
  input: Named,
  file: string | Buffer,
  partBytes = importPartBytes,
): Promise<string> {
  const bytes = Buffer.from(file);
  const asked = { format: "ndjson", name: "a file", sizeBytes: bytes.length, ...input };
  const { id } = must(await client.mutate("imports.create", asked));
  for (let at = 0; at < bytes.length; at += partBytes) {
    const response = await sendPart(server, client, id, at, bytes.subarray(at, at + partBytes));
    expect(response.status).toBe(200);
  }
  return id;
}

/** The state of an import once nothing is done for it any more. */
export async function ended(client: Client, id: string) {
  const read = async () => must(await client.query("imports.get", { id }));
  await expect
    .poll(async () => (await read()).status, { timeout: 30_000, interval: 100 })
    .toMatch(/^(?:done|failed|cancelled)$/);
  const state = await read();
  expect(state.sent).toBe(state.accepted + state.duplicates + state.rejected);
  return state;
}
