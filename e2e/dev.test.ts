import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freePort } from "../test/free-port.ts";

let directory: string;
let npx = 0;
let port: number;
let spa: string;

const log = () => readFile(join(directory, "log"), "utf8");
const status = (url: string) =>
  fetch(url).then(
    (response) => response.status,
    () => null,
  );
const databaseRuns = () => existsSync(join(directory, "data/postgres/postmaster.pid"));
const anythingRuns = async () =>
  databaseRuns() ||
  (await status(spa)) !== null ||
  (await status(`http://127.0.0.1:${port}`)) !== null;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "muniment-dev-"));
  // The database's own user must pass through where the tests run as root.
  await chmod(directory, 0o711);
  port = await freePort();
  spa = `http://127.0.0.1:${await freePort()}`;
  const child = spawn("sh", ["-c", 'exec npx -y pnpm dev >"$LOG" 2>&1'], {
    detached: true,
    env: {
      PATH: process.env.PATH ?? "",
      HOME: process.env.HOME ?? "",
      PORT: String(port),
      PUBLIC_URL: spa,
      DATA_DIR: join(directory, "data"),
      LOG: join(directory, "log"),
    },
    stdio: "ignore",
  });
  npx = child.pid ?? 0;
  for (let tries = 0; tries < 800 && (await status(spa)) !== 200; tries++) await sleep(200);
});
afterAll(async () => {
  try {
    if (npx > 0 && (await anythingRuns())) process.kill(-npx, "SIGTERM");
    for (let tries = 0; tries < 200 && (await anythingRuns()); tries++) await sleep(100);
  } finally {
    if (directory) await rm(directory, { recursive: true, force: true });
  }
});

describe("watch mode on a fresh DATA_DIR", () => {
  test("prints a setup link that opens the SPA, whose calls reach the API", async () => {
    const link = /http\S+#token=\S+/.exec(await log())?.[0] ?? "";
    expect(new URL(link).origin).toBe(spa);
    const page = await fetch(link);
    expect([page.status, page.headers.get("content-type")]).toEqual([200, "text/html"]);
    expect(await status(`${spa}/trpc/setup.status`)).toBe(200);
  });

  test("says nothing of its database and of calls that came too early", async () => {
    expect(await log()).not.toMatch(/ECONNREFUSED|"level":"debug"/);
  });

  test("ends all it started when npx alone is ended", async () => {
    process.kill(npx, "SIGTERM");
    await expect.poll(anythingRuns).toBe(false);
  });
});
