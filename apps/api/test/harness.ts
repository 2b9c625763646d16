import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ConnectionFacts } from "@muniment/db/connection.ts";
import { users } from "@muniment/db/schema/users.ts";
import type { Role } from "@muniment/shared/permissions.ts";
import type postgres from "postgres";
import { v7 as uuidv7 } from "uuid";
import {
  createScratchDatabase,
  type ScratchDatabase,
} from "../../../packages/db/test/scratch-database.ts";
import { freePort } from "../../../test/free-port.ts";
import { boot, type Running } from "../src/boot.ts";
import { parseConfig } from "../src/config.ts";
import type { Deps } from "../src/deps.ts";
import { hashPassword } from "../src/identity/password.ts";
import { createLog } from "../src/log.ts";
import { startTelemetry } from "../src/telemetry/telemetry.ts";
import { type Answer, type Client, createClient } from "./client.ts";
import { migrationsFolder } from "./postgres.ts";

export const password = "correct horse battery staple";

export type UserClient = Client & { email: string; id: string };

export type TestServer = {
  url: string;
  deps: Deps;
  dataDir: string;
  setupLink: string | null;
  /** The database as its owner sees it, past the API and past row-level security. */
  owner: postgres.Sql;
  databaseFacts: ConnectionFacts;
  anonymous(headers?: Record<string, string>): Client;
  /** The first administrator, made through the setup link; the same client every time. */
  admin(): Promise<Client>;
  user(role: Role, email?: string): Promise<UserClient>;
  member(email?: string): Promise<UserClient>;
  /** Signs in anew; throws unless it works. */
  signIn(email: string, headers?: Record<string, string>): Promise<Client>;
  apiKey(client: Client, options?: object): Promise<{ agentId: string; id: string; key: string }>;
  fetch(path: string, init?: RequestInit): Promise<Response>;
  stop(): Promise<void>;
};

export type TestServerOptions = {
  env?: Record<string, string>;
  now?: () => Date;
  /** Another node: it gets the database and the DATA_DIR of this server, which must be stopped last. */
  besides?: TestServer;
  /** Files of a built SPA. */
  webDirectory?: string;
};

/** The data of an answer that must be a success. */
export const must = (answer: Answer) => {
  if (answer.status !== 200) throw new Error(`${answer.status} ${JSON.stringify(answer.error)}`);
  return answer.data;
};

/** The real server on a fresh database: real HTTP, roles, limits and policies. Only time can be replaced. */
export async function startTestServer(options: TestServerOptions = {}): Promise<TestServer> {
  const { besides } = options;
  const scratch: Pick<ScratchDatabase, "facts" | "owner"> & Partial<ScratchDatabase> = besides
    ? { facts: besides.databaseFacts, owner: besides.owner }
    : await createScratchDatabase();
  const temporary = await mkdtemp(join(tmpdir(), "muniment-data-"));
  const port = await freePort();
  const env = {
    DATA_DIR: besides?.dataDir ?? join(temporary, "data"),
    PORT: String(port),
    LOG_LEVEL: "silent",
    // Unused: the owner's connection is put in below, past the URL form.
    DATABASE_URL: "postgres://127.0.0.1/test",
    ...options.env,
  };
  const parsed = parseConfig(env);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  const telemetry = await startTelemetry(parsed.config.telemetry);
  const log = createLog(parsed.config.logLevel, telemetry);
  telemetry?.tellBy(log);
  const running: Running = await boot({
    env,
    config: { ...parsed.config, database: { app: null, owner: scratch.facts } },
    rings: parsed.rings,
    log,
    telemetry,
    migrationsFolder,
    webDirectory: options.webDirectory ?? null,
    ...(options.now ? { now: options.now } : {}),
  });
  const { deps } = running;
  const url = `http://127.0.0.1:${port}`;
  const origin = deps.config.publicUrl.origin;

  let first: Promise<Client> | undefined;
  const server: TestServer = {
    url,
    deps,
    dataDir: deps.config.dataDir,
    setupLink: running.setupLink,
    owner: scratch.owner,
    databaseFacts: scratch.facts,
    anonymous: (headers) => createClient(url, { origin, ...headers }),
    admin() {
      first ??= (async () => {
        const client = server.anonymous();
        const token = running.setupLink?.split("#token=")[1];
        const email = "admin@example.org";
        const displayName = "Administrator";
        must(await client.mutate("setup.createAdmin", { token, email, password, displayName }));
        return client;
      })();
      return first;
    },
    async user(role, email = `${role}-${randomBytes(4).toString("hex")}@example.org`) {
      const id = uuidv7();
      const passwordHash = await hashPassword(password, deps.config.argon2);
      const createdAt = deps.now();
      await deps.database.transaction({}, (tx) =>
        tx.insert(users).values({ id, email, displayName: role, role, passwordHash, createdAt }),
      );
      return Object.assign(await server.signIn(email), { email, id });
    },
    member: (email) => server.user("member", email),
    async signIn(email, headers) {
      const client = server.anonymous(headers);
      must(await client.mutate("auth.signIn", { email, password }));
      return client;
    },
    async apiKey(client, keyOptions = {}) {
      const agent = must(await client.mutate("agents.create", { name: "agent" }));
      const scopes = ["events:write", "events:read"];
      const input = { agentId: agent.id, name: "key", scopes, ...keyOptions };
      const { id, key } = must(await client.mutate("apiKeys.create", input));
      return { agentId: agent.id, id, key };
    },
    fetch: (path, init) => fetch(`${url}${path}`, init),
    async stop() {
      await running.stop();
      await telemetry?.stop();
      await scratch.drop?.();
      await rm(temporary, { recursive: true, force: true });
    },
  };
  return server;
}
