import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { readTrailer } from "@muniment/shared/exports.ts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createLogReader } from "../../../packages/log-formats/src/format.ts";
import { createLineSplitter } from "../../../packages/log-formats/src/lines.ts";
import { makeSender } from "./events-sender.ts";
import { must, startTestServer, type TestServer } from "./harness.ts";
import { ended, sendFile } from "./importer.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.stop());

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const sample = at("../../../../shared/data/apache-error-2k.log");
const synthetic = at("../../../packages/log-formats/samples/apache-sample.log");
const file = readFileSync(existsSync(sample) ? sample : synthetic);

/** A log as NDJSON, each line an event with the line in it. */
function toNdjson(log: Buffer): string {
  const read = createLogReader({
    format: "apache",
    source: "apache",
    offsetMinutes: 0,
    reference: Date.now,
  });
  const splitter = createLineSplitter();
  const results = [...splitter.push(log), ...splitter.end()].map(read);
  return results.map((result) => (result.kind === "event" ? `${result.json}\n` : "")).join("");
}

type Line = { occurredAt: string; id: string; message: string };
const inOrder = (a: Line, b: Line) =>
  a.occurredAt < b.occurredAt || (a.occurredAt === b.occurredAt && a.id < b.id) ? -1 : 1;
const linesOf = (text: string): Line[] =>
  text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));

/** An object with its keys sorted, at every depth. */
const canonical = (value: unknown): unknown =>
  typeof value === "object" && value !== null && !Array.isArray(value)
    ? Object.fromEntries(
        Object.entries(value)
          .sort(([a], [b]) => (a < b ? -1 : 1))
          .map(([key, inner]) => [key, canonical(inner)]),
      )
    : value;

test("a log is imported, alerted on and exported: what came in is what goes out", async () => {
  const { member, agentId } = await makeSender(server);
  const rule = { name: "Apache", query: "type:apache.* level>=error", email: true };
  const { id: ruleId } = must(
    await member.mutate("alertRules.create", { ...rule, threshold: 5, windowMinutes: 5 }),
  );
  const ndjson = toNdjson(file);
  const sent = linesOf(ndjson);
  const id = await sendFile(server, member, { agentId }, ndjson, 100_000);
  expect(await ended(member, id)).toMatchObject({ status: "done", accepted: sent.length });

  const ruleState = async () =>
    must(await member.query("alertRules.list")).items.find(
      (one: { id: string }) => one.id === ruleId,
    ).state;
  await expect.poll(ruleState).toBe("firing");

  const asked = must(await member.mutate("exports.create", { format: "ndjson" }));
  const response = await server.fetch(`/api/v1/exports/${asked.id}`, {
    headers: { cookie: member.cookie },
  });
  const text = await response.text();
  const end = text.trimEnd().lastIndexOf("\n") + 1;
  expect(readTrailer(text.slice(end).trimEnd())?.rows).toBe(sent.length);
  const out = linesOf(text.slice(0, end));
  const withoutAdded = out.map((line) => {
    const { agentId: _, receivedAt: __, ...event } = line as Line & Record<string, unknown>;
    return event;
  });
  expect(withoutAdded.map(canonical)).toEqual(sent.sort(inOrder).map(canonical));
  const log = file.toString("utf8");
  const ending = log.includes("\r\n") ? "\r\n" : "\n";
  const messages = new Map(out.map(({ id: event, message }) => [event, message]));
  // In the order in which they were sent, which is that of the file.
  const lines = linesOf(ndjson).map((line) => messages.get(line.id));
  expect(lines.join(ending)).toBe(log.replace(/(?:\r?\n)+$/, ""));
});
