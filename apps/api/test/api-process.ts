import { type ChildProcess, spawn } from "node:child_process";
import { chmod, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { connect } from "@muniment/db/connection.ts";
import { CLUSTER, recordedHome } from "@muniment/db/embedded/database-home.ts";
import { SOCKET_PORT } from "@muniment/db/embedded/socket-directory.ts";
import type postgres from "postgres";
// biome-ignore lint/correctness/useImportExtensions: scripts run before anything is installed.
import { ensureBuild } from "../../../scripts/build.mjs";
import { freePort } from "../../../test/free-port.ts";
import { type Client, createClient } from "./client.ts";
import { openSmallDisk } from "./small-disk.ts";

export type ApiProcess = {
  url: string;
  /** Where its files are to be found from here. */
  dataDir: string;
  /** Starts it; resolves when it is ready, with the milliseconds that took. */
  start(env?: Record<string, string>): Promise<number>;
  /** Ends it with SIGKILL. */
  kill(): Promise<void>;
  /** Ends it in order, once calls under way are answered. */
  end(): Promise<void>;
  /** The process id of PostgreSQL, or of the last one while there is none. */
  postmaster(): Promise<number>;
  /** Milliseconds until it is ready. Rejects after a minute. */
  untilReady(): Promise<number>;
  /** What it has logged as errors, by line. */
  errors(): string[];
  /** The first administrator, with the key of an agent. */
  setUp(): Promise<{ client: Client; key: string }>;
  /** The database as its owner sees it; to be ended. */
  connect(): Promise<postgres.Sql>;
  /** Ends it and deletes its data. */
  stop(): Promise<void>;
};

/** Whose first administrator it is. */
export const account = {
  email: "a@example.org",
  password: "seven quiet lanterns",
  displayName: "A",
};

/** The built API in a process of its own with its own PostgreSQL, on a small disk of its own if asked. */
export async function createApiProcess({
  diskBytes,
}: {
  /** Only for root, where mounting is allowed. */
  diskBytes?: number;
} = {}): Promise<ApiProcess> {
  const built = await ensureBuild();
  const place = await mkdtemp(join(tmpdir(), "muniment-process-"));
  await chmod(place, 0o711);
  const disk = diskBytes === undefined ? null : await openSmallDisk(place, diskBytes);
  const dataDir = join(place, "data");
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const many = "1000000000";
  let child: ChildProcess | undefined;
  let output = "";
  let postmaster = 0;
  const exitOf = (of: ChildProcess) =>
    of.exitCode === null && of.signalCode === null
      ? new Promise<void>((resolve) => of.once("exit", () => resolve()))
      : Promise.resolve();
  const inside = (path: string) => disk?.pathOf(path) ?? path;
  const home = async () => (await recordedHome(inside(dataDir)).catch(() => undefined)) ?? dataDir;

  const running: ApiProcess = {
    url,
    dataDir: inside(dataDir),
    start(env = {}) {
      const command = [process.execPath, join(built, "api.js")];
      const [file = "", ...args] = [...(disk?.enter ?? []), ...command];
      child = spawn(file, args, {
        env: {
          PATH: process.env.PATH ?? "",
          PORT: String(port),
          DATA_DIR: dataDir,
          LOG_LEVEL: "error",
          MUNIMENT_MIGRATIONS: join(built, "migrations"),
          MUNIMENT_END_WITH_PARENT: "1",
          RATE_LIMIT_USER_MAX: many,
          INGEST_RATE_LIMIT_MAX: many,
          INGEST_EVENTS_RATE_LIMIT_MAX: many,
          ...env,
        },
        stdio: ["ignore", "pipe", "inherit"],
      });
      child.stdout?.on("data", (bytes) => {
        output += bytes;
      });
      return running.untilReady();
    },
    async kill() {
      if (!child) return;
      child.kill("SIGKILL");
      await exitOf(child);
    },
    async end() {
      child?.kill("SIGTERM");
      if (child) await exitOf(child);
    },
    async postmaster() {
      const path = join(inside(await home()), CLUSTER, "postmaster.pid");
      const text = await readFile(path, "utf8").catch(() => "");
      postmaster = Number(text.split("\n", 1)[0]) || postmaster;
      return postmaster;
    },
    async untilReady() {
      const from = performance.now();
      while (performance.now() - from < 60_000) {
        const answer = await fetch(`${url}/readyz`).catch(() => null);
        if (answer?.status === 200) return performance.now() - from;
        if (child?.exitCode !== null) throw new Error(`the API ended with ${child?.exitCode}`);
        await sleep(20);
      }
      throw new Error("not ready after a minute");
    },
    errors: () => output.split("\n").filter((line) => line.startsWith('{"level"')),
    async setUp() {
      const client = createClient(url);
      const token = /#token=(\S+)/.exec(output)?.[1];
      await client.mutate("setup.createAdmin", { token, ...account });
      const agent = await client.mutate("agents.create", { name: "agent" });
      const scopes = ["events:write", "events:read"];
      const input = { agentId: agent.data.id, name: "key", scopes };
      return { client, key: (await client.mutate("apiKeys.create", input)).data.key };
    },
    async connect() {
      const keyring = await readFile(join(inside(dataDir), "keyring.json"), "utf8");
      const facts = {
        host: join(inside(await home()), "socket"),
        port: SOCKET_PORT,
        database: "muniment",
        username: "muniment_owner",
        password: JSON.parse(keyring).DATABASE_PASSWORD,
      };
      return connect(facts, { max: 1, applicationName: "test" });
    },
    async stop() {
      const apart = await home();
      if (child) {
        child.kill("SIGTERM");
        await Promise.race([exitOf(child), sleep(30_000)]);
        child.kill("SIGKILL");
      }
      disk?.close();
      for (const left of [apart, place]) await rm(left, { recursive: true, force: true });
    },
  };
  return running;
}
