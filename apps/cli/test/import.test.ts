import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { afterAll, beforeAll, expect, test } from "vitest";
import { call } from "./call.ts";

const id = "0193a000-0000-7000-8000-000000000001";
const file = '{"type":"a"}\n';
let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "muniment-import-"));
  writeFileSync(join(directory, "events.ndjson"), file);
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

type Trouble = number | "lost" | "taken, then lost";

/** A small server of imports. The calls of `troubles` go wrong, each in turn, as it says. */
async function startImportServer(troubles: Record<string, Trouble[]>) {
  const paths: string[] = [];
  let received = 0;
  let isCancelled = false;
  const stateOf = () => ({
    id,
    agentId: id,
    name: "events.ndjson",
    format: "ndjson",
    status: isCancelled ? "cancelled" : received < file.length ? "receiving" : "done",
    sizeBytes: file.length,
    receivedBytes: received,
    doneBytes: received,
    sent: 1,
    accepted: 1,
    duplicates: 0,
    rejected: 0,
    sha256: null,
    whole: false,
    error: null,
    createdAt: "2026-01-01T00:00:00.000Z",
    updatedAt: "2026-01-01T00:00:00.000Z",
  });
  async function answer(request: IncomingMessage, response: ServerResponse) {
    const path = new URL(request.url ?? "", "http://localhost").pathname.split("/").at(-1) ?? "";
    const name = path === id ? "part" : path;
    paths.push(name);
    const body = await buffer(request);
    const trouble = troubles[name]?.shift();
    if (typeof trouble === "number") {
      response.writeHead(trouble, { "retry-after": "0" }).end("{}");
      return;
    }
    if (name === "part" && trouble !== "lost") received = body.length;
    if (name === "imports.cancel") isCancelled = true;
    if (trouble !== undefined) {
      response.destroy();
      return;
    }
    const tokens = { accessToken: "a", refreshToken: "r", expiresIn: 900 };
    const data = name.startsWith("tokens.") ? tokens : stateOf();
    const told = name === "part" ? data : { result: { data } };
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(told));
  }
  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** How often a path was called. */
    calls: (name: string) => paths.filter((one) => one === name).length,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const bring = (url: string, more: string[] = []) =>
  call(
    [
      "import",
      "--email",
      "a@b.example",
      "--agent",
      id,
      "--url",
      url,
      ...more,
      join(directory, "events.ndjson"),
    ],
    { env: { MUNIMENT_PASSWORD: "a password" } },
  );

test("a part or a poll that a limit, trouble or a lost answer meets is sent again", async () => {
  await using server = await startImportServer({
    part: ["taken, then lost", 429, 503],
    "imports.get": [429, 500],
  });
  const { exitCode, stdout } = await bring(server.url);
  expect(stdout).toContain("done: 1 stored");
  expect(exitCode).toBe(0);
  expect([server.calls("part"), server.calls("imports.get")]).toEqual([4, 3]);
  expect(server.calls("imports.cancel")).toBe(0);
});

test("a part that is refused is not sent again, and what is not sent whole is cancelled", async () => {
  await using server = await startImportServer({ part: [403] });
  const { exitCode, stderr } = await bring(server.url);
  expect(exitCode).toBe(3);
  expect(stderr).toContain("HTTP 403");
  expect([server.calls("part"), server.calls("imports.cancel")]).toEqual([1, 1]);
});

test("an import that was sent whole is not cancelled when its sender loses the server", async () => {
  await using server = await startImportServer({ "imports.get": [503, 503, 503, 503, 503] });
  expect((await bring(server.url)).exitCode).toBe(3);
  expect(server.calls("imports.cancel")).toBe(0);
});

test("a file of refused lines that cannot be written is told before anything is sent", async () => {
  await using server = await startImportServer({});
  const rejects = join(directory, "nowhere", "rejects.csv");
  const answer = await bring(server.url, ["--rejects", rejects]);
  expect(answer.exitCode).toBe(2);
  expect(answer.stderr).toContain("rejects.csv cannot be written.");
  expect(server.calls("tokens.issue")).toBe(0);
});
