import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";
import { vi } from "vitest";
import { freePort } from "../../../test/free-port.ts";

const program = ["/usr/bin/redis-server", "/usr/local/bin/redis-server"].find(existsSync);

/** Whether suites on Redis can run here. In CI they must, so there the start fails instead. */
export const hasRedis = program !== undefined || process.env.CI === "true";

export type TestRedis = { url: string; child: ChildProcess; stop(): Promise<void> };

/** A real Redis on a port of its own that keeps nothing. */
export async function startRedis(): Promise<TestRedis> {
  if (!program) throw new Error("redis-server is missing: apt-get install redis-server");
  const directory = await mkdtemp(join(tmpdir(), "muniment-redis-"));
  const port = await freePort();
  const child = spawn(
    program,
    ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--dir", directory],
    { stdio: "ignore" },
  );
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const url = `redis://127.0.0.1:${port}`;
  const client = new Redis(url, { retryStrategy: () => 50, maxRetriesPerRequest: null });
  client.on("error", () => {});
  await vi.waitUntil(() => client.status === "ready", { timeout: 15_000 });
  client.disconnect();
  return {
    url,
    child,
    async stop() {
      child.kill("SIGKILL");
      await ended;
      await rm(directory, { recursive: true, force: true });
    },
  };
}
