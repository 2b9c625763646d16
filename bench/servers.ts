import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseConnectionUrl } from "@muniment/db/connection.ts";
import { startEmbeddedPostgres } from "@muniment/db/embedded/start.ts";
import { createDatabase } from "@muniment/db/migrate.ts";
import { serverEnvironment, serverFlags } from "../scripts/server-flags.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

function spawnServer(args: string[], env: Record<string, string>): ChildProcess {
  return spawn(process.execPath, args, {
    cwd: root,
    env: { PATH: process.env.PATH ?? "", ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
}

async function firstLine(child: ChildProcess, pattern: RegExp): Promise<string> {
  let text = "";
  for await (const chunk of child.stdout ?? []) {
    text += chunk;
    const match = pattern.exec(text);
    if (match) return text;
  }
  throw new Error(`the server ended: ${text}`);
}

export type Bench = {
  /** The product: built, on its own port, limits raised by configuration so that load is measured and not refusals. */
  product: { port: number; origin: string; setupToken: string; pid: number };
  /** Where the built product lies. */
  built: string;
  /** The same PostgreSQL, for the plain server and for preparing rows. */
  databaseUrl: string;
  /** Starts a plain server (`bench/plain-*.ts`) on the same database. */
  plain(
    file: string,
    env?: Record<string, string>,
  ): Promise<{ port: number; pid: number; stop(): void }>;
  stop(): Promise<void>;
};

/** Starts a server of the product: on its own port, limits raised by configuration so that load is measured and not refusals. */
async function startServer(args: string[], env: Record<string, string>) {
  const port = await freePort();
  const many = "1000000000";
  const child = spawnServer([...serverFlags, ...args], {
    ...serverEnvironment,
    NODE_ENV: "production",
    PORT: String(port),
    LOG_LEVEL: "warn",
    EGRESS_ALLOW: "127.0.0.1",
    JWT_SECRET: randomBytes(36).toString("base64url"),
    API_KEY_SECRET: randomBytes(36).toString("base64url"),
    ENCRYPTION_KEY: randomBytes(36).toString("base64url"),
    AUDIT_SIGNING_KEY: randomBytes(36).toString("base64url"),
    RATE_LIMIT_USER_MAX: many,
    RATE_LIMIT_MAX_REQUESTS: many,
    AUTH_RATE_LIMIT_MAX: many,
    AUTH_RATE_LIMIT_ADDRESS_MAX: many,
    AUTH_RATE_LIMIT_ACCOUNT_MAX: many,
    INGEST_RATE_LIMIT_MAX: many,
    INGEST_EVENTS_RATE_LIMIT_MAX: many,
    ...env,
  });
  const output = await firstLine(child, /ready on/);
  child.stdout?.resume();
  const facts = {
    port,
    origin: `http://127.0.0.1:${port}`,
    setupToken: /token=(\S+)/.exec(output)?.[1] ?? "",
    pid: child.pid ?? 0,
  };
  return { child, facts };
}

/** Another server of the product, on a new database of the same PostgreSQL. */
export async function startProduct(
  bench: Bench,
  { args, database, env }: { args: string[]; database: string; env: Record<string, string> },
): Promise<Pick<Bench, "product"> & { stop(): void }> {
  await createDatabase(parseConnectionUrl(bench.databaseUrl), database);
  const dataDir = await mkdtemp(join(tmpdir(), "muniment-bench-app-"));
  const url = new URL(bench.databaseUrl);
  url.pathname = `/${database}`;
  const { child, facts } = await startServer(args, {
    DATA_DIR: dataDir,
    DATABASE_URL: url.href,
    ...env,
  });
  return {
    product: facts,
    stop() {
      child.kill("SIGKILL");
      void rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** One PostgreSQL with durable defaults, the built product on it, and room for plain servers beside. */
export async function startBench(built: string): Promise<Bench> {
  const dataDir = await mkdtemp(join(tmpdir(), "muniment-bench-"));
  const password = randomBytes(24).toString("hex");
  // Room for two more servers of the product beside the first.
  const settings = { max_connections: "180" };
  const postgres = await startEmbeddedPostgres({ dataDir, password, settings, log: () => {} });
  await createDatabase(postgres.connection, "bench");
  const { host, port, username } = postgres.connection;
  const databaseUrl = `postgres://${username}:${password}@localhost:${port}/bench?host=${encodeURIComponent(host)}`;
  const { child: product, facts } = await startServer([join(built, "api.js")], {
    DATA_DIR: join(dataDir, "app"),
    DATABASE_URL: databaseUrl,
    MUNIMENT_MIGRATIONS: join(built, "migrations"),
  });
  const children = [product];
  return {
    product: facts,
    built,
    databaseUrl,
    async plain(file, env) {
      const plainPort = await freePort();
      const child = spawnServer(["--import", "tsx", join(root, "bench", file)], {
        PORT: String(plainPort),
        DATABASE_URL: databaseUrl,
        ...env,
      });
      children.push(child);
      await firstLine(child, /ready/);
      child.stdout?.resume();
      return { port: plainPort, pid: child.pid ?? 0, stop: () => child.kill("SIGKILL") };
    },
    async stop() {
      for (const child of children) child.kill("SIGKILL");
      await postgres.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
