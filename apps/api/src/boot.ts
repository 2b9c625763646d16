import { setTimeout as sleep } from "node:timers/promises";
import type { ConnectionFacts } from "@muniment/db/connection.ts";
import { prepareDataDir } from "@muniment/db/embedded/data-directory.ts";
import { type EmbeddedPostgres, startEmbeddedPostgres } from "@muniment/db/embedded/start.ts";
import { createDatabase, migrate } from "@muniment/db/migrate.ts";
import { prepareRoles, rolesToGrant } from "@muniment/db/roles.ts";
import type { FastifyInstance } from "fastify";
import type { Logger } from "pino";
import type { Config, SecretName } from "./config.ts";
import { createDeps, type Deps } from "./deps.ts";
import { createSetupLink } from "./features/setup/setup-token.ts";
import { allHaveLeft } from "./http/exchange.ts";
import { createServer } from "./http/server.ts";
import { prepareDecoy } from "./identity/password.ts";
import { shortenFamilies } from "./identity/shorten-families.ts";
import { type Keyring, loadKeyring } from "./keyring.ts";
import { deriveSecrets } from "./secrets.ts";
import { ofDatabase, ofListening } from "./start-problem.ts";
import type { Telemetry } from "./telemetry/telemetry.ts";

export type BootInput = {
  /** What the configuration was read from. */
  env: Record<string, string | undefined>;
  config: Config;
  rings: Record<SecretName, string[]>;
  log: Logger;
  telemetry?: Telemetry | null;
  migrationsFolder: string;
  /** The built SPA, if there is one. */
  webDirectory: string | null;
  /** Told the one-time setup link, before the server says that it is ready. */
  onSetupLink?: (link: string) => void;
  now?: () => Date;
};

export type Running = {
  app: FastifyInstance;
  deps: Deps;
  /** Null with an external database. */
  embedded: () => EmbeddedPostgres | null;
  setupLink: string | null;
  /** Drains: no new calls, running ones end, streams are told, then everything is closed. */
  stop(): Promise<void>;
};

export const databaseName = "muniment";
const drainMilliseconds = 5000;

type Server = { owner: ConnectionFacts; embedded: EmbeddedPostgres | null };

async function startDatabase({ config, log }: BootInput, keyring: Keyring): Promise<Server> {
  if (config.database) return { owner: config.database.owner, embedded: null };
  const embedded = await startEmbeddedPostgres({
    dataDir: config.dataDir,
    password: keyring.databasePassword,
    log: (line) => log.debug({ postgres: line }, "postgres"),
  });
  await createDatabase(embedded.connection, databaseName);
  return { owner: { ...embedded.connection, database: databaseName }, embedded };
}

/** Starts the embedded PostgreSQL again whenever it ends by itself. */
function keepAlive(first: EmbeddedPostgres, log: Logger) {
  let current = first;
  let stopped = false;
  const watch = async () => {
    while (!stopped) {
      const code = await current.exited;
      if (stopped) return;
      log.error({ exitCode: code }, "postgres ended; starting it again");
      try {
        current = await current.restart();
      } catch (error) {
        log.error({ err: error }, "postgres did not start; trying again");
        await sleep(1000);
      }
    }
  };
  void watch();
  return {
    current: () => current,
    stop: async () => {
      stopped = true;
      await current.stop();
    },
  };
}

/** Starts everything in order; a failure on the way stops what was started. */
export async function boot(input: BootInput): Promise<Running> {
  const { config, log } = input;
  const undo: (() => Promise<void>)[] = [];
  const stopAll = async () => {
    for (const step of undo.splice(0).reverse()) {
      await step().catch((error: unknown) => log.error({ err: error }, "while stopping"));
    }
  };
  try {
    const decoyMade = prepareDecoy(config.argon2);
    const dataDir = await prepareDataDir(config.dataDir);
    const keyring = loadKeyring(dataDir, input.rings);
    const secrets = deriveSecrets(keyring.rings);
    const { owner, embedded } = await startDatabase(input, keyring);
    const alive = embedded && keepAlive(embedded, log);
    if (alive) undo.push(alive.stop);

    await migrate(owner, input.migrationsFolder).catch((error: unknown) => {
      throw ofDatabase(config, error);
    });
    const { connections, separate } = await prepareRoles(
      owner,
      config.database?.app ?? null,
      secrets.rolePasswords,
    );
    if (!separate) {
      log.warn(
        { grant: rolesToGrant },
        "the owner may not create roles: only queries keep users apart",
      );
    }

    const deps = await createDeps({
      env: input.env,
      config: { ...config, dataDir },
      secrets,
      connections,
      owner,
      databaseDirectory: embedded?.directory ?? null,
      log,
      telemetry: input.telemetry ?? null,
      ...(input.now ? { now: input.now } : {}),
    });
    undo.push(() => deps[Symbol.asyncDispose]());
    const app = await createServer(deps, input.webDirectory);
    await decoyMade;
    // Before the link is made: on a port that another server holds it would lead there.
    await app.listen({ host: config.host, port: config.port }).catch((error: unknown) => {
      throw ofListening(config, error);
    });
    undo.push(async () => {
      deps.stop();
      const drained = sleep(drainMilliseconds);
      await Promise.race([allHaveLeft(), drained]);
      await Promise.race([app.close(), drained]);
      app.server.closeAllConnections();
    });
    // Nor may a start that fails on its port change what holds for the server that has it.
    await shortenFamilies(owner, config.refreshTokenSeconds);
    if (!config.redisUrl) await deps.failedSignIns.unlockAll();
    const setupLink = await createSetupLink(deps.database, config.publicUrl, deps.now());
    if (setupLink) input.onSetupLink?.(setupLink);
    deps.started = true;
    return { app, deps, embedded: () => alive?.current() ?? null, setupLink, stop: stopAll };
  } catch (error) {
    await stopAll();
    throw error;
  }
}
