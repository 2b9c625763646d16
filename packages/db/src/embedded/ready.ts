import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import postgres from "postgres";
import { DatabasePasswordRefused, StartFailed } from "./errors.ts";
import type { ServerProcess } from "./server-process.ts";

const SILENCE_MS = 30_000;

/** What postgres.js needs to connect; `host` is the directory of a unix socket. */
export type Connection = {
  host: string;
  port: number;
  database: "postgres";
  username: "muniment_owner";
  password: string;
};

/**
 * Resolves once a real connection has answered a query.
 *
 * @throws StartFailed when the server ends, or logs nothing for 30 s: a long crash recovery reports its
 *   progress every 10 s and is left to finish
 */
export async function waitUntilReady(
  connection: Connection,
  server: ServerProcess,
  cluster: string,
): Promise<void> {
  for (;;) {
    const failure = (await saysReady(cluster)) ? await tryQuery(connection) : NOT_YET;
    if (!failure) return;
    if (failure.code === "28P01") throw new DatabasePasswordRefused(cluster, failure);
    if (server.hasExited()) {
      const code = await server.exit;
      // The last log lines may still be on their way through the pipe.
      await sleep(50);
      throw new StartFailed(`PostgreSQL ended with code ${code} while starting.`, server.logTail());
    }
    if (Date.now() - server.lastSignOfLife() > SILENCE_MS) {
      throw new StartFailed("PostgreSQL did not get ready.", server.logTail(), failure);
    }
    await sleep(10);
  }
}

type Failure = { code?: string };

const NOT_YET: Failure = { code: "starting" };

// Connecting earlier would fill the log with refusals. The format of the file is that of pg_ctl.
async function saysReady(cluster: string): Promise<boolean> {
  const lines = await readFile(join(cluster, "postmaster.pid"), "utf8").catch(() => "");
  return lines.split("\n")[7]?.trim() === "ready";
}

async function tryQuery(connection: Connection): Promise<Failure | undefined> {
  const sql = postgres({ ...connection, max: 1, connect_timeout: 5, fetch_types: false });
  try {
    await sql`SELECT 1`;
    return undefined;
  } catch (error) {
    return error as Failure;
  } finally {
    await sql.end({ timeout: 1 });
  }
}
