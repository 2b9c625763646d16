import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { chmod, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ensureBuild } from "../scripts/build.mjs";
import { freePort } from "../test/free-port.ts";

const startCommand =
  'nohup setsid npx -y pnpm start </dev/null >"$LOG" 2>&1 & echo $!; disown; ' +
  'for _ in $(seq 1200); do curl -sf "http://127.0.0.1:$PORT/readyz" >/dev/null && exit 0; sleep .1; done; exit 1';

let directory: string;
let port: number;
let npx = 0;

const log = () => readFile(join(directory, "log"), "utf8");
const answers = () =>
  fetch(`http://127.0.0.1:${port}/readyz`).then(
    (response) => response.ok,
    () => false,
  );
const databaseRuns = () => existsSync(join(directory, "data/postgres/postmaster.pid"));

beforeAll(async () => {
  await ensureBuild();
  directory = await mkdtemp(join(tmpdir(), "muniment-start-"));
  // The database's own user must pass through where the tests run as root.
  await chmod(directory, 0o711);
  port = await freePort();
  const shell = spawn("bash", ["-c", startCommand], {
    env: {
      PATH: process.env.PATH ?? "",
      HOME: process.env.HOME ?? "",
      PORT: String(port),
      DATA_DIR: join(directory, "data"),
      LOG: join(directory, "log"),
    },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  shell.stdout.on("data", (chunk) => {
    output += chunk;
  });
  const [code] = await once(shell, "close");
  npx = Number(output);
  if (code !== 0) throw new Error(`the server did not become ready: ${await log()}`);
});
afterAll(async () => {
  try {
    // npx leads the session that setsid made; the server is in a group of its own and sees it go.
    if (npx > 0 && (await answers())) process.kill(-npx, "SIGTERM");
  } finally {
    for (let tries = 0; tries < 200 && ((await answers()) || databaseRuns()); tries++) {
      await sleep(100);
    }
    if (directory) await rm(directory, { recursive: true, force: true });
  }
});

describe("a server started in the background", () => {
  test("goes on when the shell that started it has ended", async () => {
    // Three rounds of the watch over the launchers.
    await sleep(1600);
    expect(await log()).not.toContain("stopping");
    expect(await answers()).toBe(true);
  });

  test("drains and ends when npx alone is ended", async () => {
    process.kill(npx, "SIGTERM");
    await expect.poll(answers).toBe(false);
    await expect.poll(databaseRuns).toBe(false);
    expect(await log()).toContain('"msg":"stopping"');
  });
});
