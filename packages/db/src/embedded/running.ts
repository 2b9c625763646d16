import { realpath, stat } from "node:fs/promises";
import { join } from "node:path";
import { recordedHome } from "./database-home.ts";
import { OWNER } from "./initialise.ts";
import type { Connection } from "./ready.ts";
import { findSocketDirectory, SOCKET_PORT } from "./socket-directory.ts";

/**
 * How to reach the embedded PostgreSQL that another process runs on DATA_DIR, for a command beside a
 * running server; `undefined` when none has opened its socket there. A killed one may leave a socket
 * that answers nobody.
 */
export async function findRunningPostgres(options: {
  dataDir: string;
  password: string;
}): Promise<Connection | undefined> {
  const dataDir = await realpath(options.dataDir).catch(() => undefined);
  if (dataDir === undefined) return undefined;
  const host = await findSocketDirectory((await recordedHome(dataDir)) ?? dataDir);
  if (host === undefined) return undefined;
  const socket = await stat(join(host, `.s.PGSQL.${SOCKET_PORT}`)).catch(() => undefined);
  if (!socket) return undefined;
  const { password } = options;
  return { host, port: SOCKET_PORT, database: "postgres", username: OWNER, password };
}
