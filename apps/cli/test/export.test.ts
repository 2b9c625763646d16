import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeTrailer } from "@muniment/shared/exports.ts";
import { afterEach, beforeEach, expect, test } from "vitest";
import { call } from "./call.ts";

const id = "0193a000-0000-7000-8000-000000000001";
const lines = '{"type":"a"}\n{"type":"b"}\n';
const sha256 = createHash("sha256").update(lines).digest("hex");
const whole = lines + writeTrailer("ndjson", { rows: 2, sha256 });
let directory: string;
let output: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "muniment-export-"));
  output = join(directory, "events.ndjson");
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** A small server of exports, whose download ends when `onAsked` has been told of so many questions how far it is. */
async function startExportServer(
  onAsked: (asked: number, end: () => void) => void,
  { expiresIn = 900, refuses = false } = {},
) {
  const paths: string[] = [];
  const revoked: unknown[] = [];
  let issued = 0;
  let asked = 0;
  let end = () => {};
  const state = {
    id,
    format: "ndjson",
    query: "",
    from: null,
    to: "2026-01-01T00:00:00.000Z",
    status: "running",
    rows: 1,
    bytes: 10,
    progress: 0.428,
    error: null,
    canResume: false,
    createdAt: "2026-01-01T00:00:00.000Z",
    updatedAt: "2026-01-01T00:00:00.000Z",
  };
  async function answer(request: IncomingMessage, response: ServerResponse) {
    const path = new URL(request.url ?? "", "http://localhost").pathname.split("/").at(-1) ?? "";
    paths.push(path);
    const body = Buffer.concat(await request.toArray()).toString();
    if (path === id) {
      response.writeHead(200, { "content-type": "application/x-ndjson" }).write(lines);
      end = () => response.end(whole.slice(lines.length));
      onAsked(asked, end);
      return;
    }
    if (path === "tokens.issue" || path === "tokens.refresh") issued += 1;
    if (path === "tokens.revoke") revoked.push(JSON.parse(body).refreshToken);
    const tokens = { accessToken: `a${issued}`, refreshToken: `r${issued}`, expiresIn };
    const data = path.startsWith("tokens.") ? tokens : state;
    const isRefused = refuses && path === "exports.get";
    response.writeHead(isRefused ? 401 : 200, { "content-type": "application/json" });
    response.end(JSON.stringify(isRefused ? { error: {} } : { result: { data } }));
    if (path !== "exports.get") return;
    asked += 1;
    onAsked(asked, end);
  }
  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    paths,
    revoked,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const take = (url: string, options: Parameters<typeof call>[1] = {}) =>
  call(["export", "--email", "a@b.example", "--url", url, "--output", output], {
    env: { MUNIMENT_PASSWORD: "seven quiet lanterns" },
    ...options,
  });

test("an export says on a terminal how far it is, and leaves the whole file", async () => {
  await using server = await startExportServer((asked, end) => asked === 2 && end());
  const { exitCode, stdout, stderr } = await take(server.url, { isTTY: true });
  expect(exitCode).toBe(0);
  expect(stdout).toContain("2 events, whole");
  expect(stderr).toContain("42%, 1 events");
  expect(stderr.endsWith("\r\u001b[K")).toBe(true);
  expect(readFileSync(output, "utf8")).toBe(whole);
});

test("an export renews its sign-in as long as it lasts, and ends the newest", async () => {
  await using server = await startExportServer((asked, end) => asked === 1 && end(), {
    expiresIn: 0,
  });
  expect((await take(server.url, { isTTY: true })).exitCode).toBe(0);
  const renewals = server.paths.filter((path) => path === "tokens.refresh").length;
  expect([renewals > 0, server.revoked]).toEqual([true, [`r${renewals + 1}`]]);
});

test("an export asks no more how far it is once that is refused, and is whole all the same", async () => {
  await using server = await startExportServer(
    (asked, end) => asked === 1 && setTimeout(end, 1200),
    { refuses: true },
  );
  expect((await take(server.url, { isTTY: true })).exitCode).toBe(0);
  expect(server.paths.filter((path) => path === "exports.get")).toHaveLength(1);
  expect(readFileSync(output, "utf8")).toBe(whole);
});

test("an export that is interrupted leaves nothing", async () => {
  const interruption = new AbortController();
  await using server = await startExportServer(() => interruption.abort());
  const { exitCode, stderr } = await take(server.url, { signal: interruption.signal });
  expect(exitCode).toBe(1);
  expect(stderr).toContain("broken off");
  expect(existsSync(output) || existsSync(`${output}.part`)).toBe(false);
  expect(server.paths.at(-1)).toBe("tokens.revoke");
});

test("the file of another export stays as it is, and one that cannot be written is told first", async () => {
  await using server = await startExportServer((_, end) => end());
  writeFileSync(`${output}.part`, "another's");
  const beside = await take(server.url);
  expect([beside.exitCode, beside.stderr]).toEqual([
    2,
    expect.stringContaining(".part is there already"),
  ]);
  expect(readFileSync(`${output}.part`, "utf8")).toBe("another's");
  output = join(directory, "nowhere", "events.ndjson");
  const nowhere = await take(server.url);
  expect([nowhere.exitCode, nowhere.stderr]).toEqual([
    2,
    expect.stringContaining("cannot be written"),
  ]);
  expect(server.paths).toEqual([]);
});
