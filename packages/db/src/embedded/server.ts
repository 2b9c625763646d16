import { setTimeout as sleep } from "node:timers/promises";
import { EmbeddedPostgresError, StartFailed } from "./errors.ts";
import { endLeftovers, removeStalePidFile } from "./leftovers.ts";
import { type Connection, waitUntilReady } from "./ready.ts";
import type { ServerProcess } from "./server-process.ts";
import { emptySocketDirectory } from "./socket-directory.ts";

export type EmbeddedPostgres = {
  /** For postgres.js: over a private unix socket. Stays the same across `restart`. */
  connection: Connection;
  /** Where the data lies: in DATA_DIR, or below /var/lib/muniment. */
  directory: string;
  /** Resolves if PostgreSQL ends by itself, with its exit code, or null when a signal ended it. */
  exited: Promise<number | null>;
  /**
   * Starts PostgreSQL again after `exited`, DATA_DIR staying locked; the handle it resolves with has an
   * `exited` of its own. When it fails it may be called again.
   */
  restart(): Promise<EmbeddedPostgres>;
  /** Shuts PostgreSQL down, at any time, and gives DATA_DIR up. Leaves no process behind. */
  stop(): Promise<void>;
};

/** What one owner of a data directory shares over all runs of its server. */
export type Ownership = {
  connection: Connection;
  cluster: string;
  clusterName: string;
  launch: () => ServerProcess;
  /** Gives up what the owner holds; called once the server has ended. */
  release: () => Promise<void>;
  current?: ServerProcess;
  starting?: Promise<EmbeddedPostgres>;
  stopping?: Promise<void>;
};

// What a leftover process that is still ending makes PostgreSQL say.
const BLOCKED = /pre-existing shared memory block|lock file ".*" already exists/;
const PATIENCE_MS = 10_000;

export function startServer(owner: Ownership): Promise<EmbeddedPostgres> {
  owner.starting = launchUntilReady(owner);
  return owner.starting;
}

async function launchUntilReady(owner: Ownership): Promise<EmbeddedPostgres> {
  const giveUpAt = Date.now() + PATIENCE_MS;
  for (;;) {
    refuseIfStopped(owner);
    await endLeftovers(owner.clusterName);
    await removeStalePidFile(owner.cluster);
    await emptySocketDirectory(owner.connection.host);
    refuseIfStopped(owner);
    const server = owner.launch();
    owner.current = server;
    try {
      await waitUntilReady(owner.connection, server, owner.cluster);
      return toHandle(owner, server);
    } catch (error) {
      await server.shutDown();
      const blocked = error instanceof StartFailed && BLOCKED.test(error.logTail);
      if (!blocked || Date.now() > giveUpAt) throw error;
      await sleep(250);
    }
  }
}

function refuseIfStopped(owner: Ownership): void {
  if (owner.stopping) throw new EmbeddedPostgresError("PostgreSQL has been stopped.");
}

function toHandle(owner: Ownership, server: ServerProcess): EmbeddedPostgres {
  return {
    connection: owner.connection,
    directory: owner.cluster,
    exited: new Promise((resolve) => {
      void server.exit.then((code) => {
        if (!owner.stopping) resolve(code);
      });
    }),
    restart: () => startServer(owner),
    stop: () => {
      owner.stopping ??= stopServer(owner);
      return owner.stopping;
    },
  };
}

async function stopServer(owner: Ownership): Promise<void> {
  await owner.current?.shutDown();
  // A restart under way ends now; without the lock it would end another owner's server.
  await owner.starting?.catch(() => undefined);
  await endLeftovers(owner.clusterName);
  await owner.release();
}
