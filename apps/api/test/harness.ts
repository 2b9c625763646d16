import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "@muniment/db/connection.ts";
import { users } from "@muniment/db/schema/users.ts";
import type { Role } from "@muniment/shared/permissions.ts";
import type postgres from "postgres";
import { v7 as uuidv7 } from "uuid";
import { inject } from "vitest";
import { boot, type Running } from "../src/boot.ts";
import { parseConfig } from "../src/config.ts";
import type { Deps } from "../src/deps.ts";
import { hashPassword } from "../src/identity/password.ts";
import { createLog } from "../src/log.ts";
import { type Answer, type Client, createClient } from "./client.ts";
import { migrationsFolder, templateName } from "./postgres.ts";

export const password = "correct horse battery staple";

export type TestServer = {
  url: string;
  deps: Deps;
  dataDir: string;
  setupLink: string | null;
  /** The database as its owner sees it, past the API and past row-level security. */
  owner: postgres.Sql;
  anonymous(headers?: Record<string, string>): Client;
  /** The first administrator, made through the setup link; the same client every time. */
  admin(): Promise<Client>;
  user(role: Role, email?: string): Promise<Client & { email: string; id: string }>;
  member(email?: string): Promise<Client & { email: string; id: string }>;
  apiKey(client: Client, options?: object): Promise<{ agentId: string; id: string; key: string }>;
  fetch(path: string, init?: RequestInit): Promise<Response>;
  stop(): Promise<void>;
};

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

const must = (answer: Answer) => {
  if (answer.status !== 200) throw new Error(`${answer.status} ${JSON.stringify(answer.error)}`);
  return answer.data;
};

/** The real server on a fresh database: real HTTP, roles, limits and policies. Only time can be replaced. */
export async function startTestServer(
  options: { env?: Record<string, string>; now?: () => Date } = {},
): Promise<TestServer> {
  const facts = inject("postgres");
  const database = `test_${randomBytes(6).toString("hex")}`;
  const admin = connect(facts, { max: 1, applicationName: "test" });
  await admin`create database ${admin(database)} template ${admin(templateName)}`;

  const dataDir = await mkdtemp(join(tmpdir(), "muniment-data-"));
  const port = await freePort();
  const parsed = parseConfig({
    DATA_DIR: join(dataDir, "data"),
    PORT: String(port),
    LOG_LEVEL: "silent",
    // Unused: the owner's connection is put in below, past the URL form.
    DATABASE_URL: "postgres://127.0.0.1/test",
    ...options.env,
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  const ownerFacts = { ...facts, database };
  const running: Running = await boot({
    config: { ...parsed.config, database: { app: null, owner: ownerFacts } },
    rings: parsed.rings,
    log: createLog(parsed.config.logLevel),
    migrationsFolder,
    webDirectory: null,
    ...(options.now ? { now: options.now } : {}),
  });
  const { deps } = running;
  const url = deps.config.publicUrl.origin;
  const owner = connect(ownerFacts, { max: 2, applicationName: "test-owner" });

  async function signedIn(email: string): Promise<Client> {
    const client = createClient(url);
    must(await client.mutate("auth.signIn", { email, password }));
    return client;
  }

  let first: Promise<Client> | undefined;
  const server: TestServer = {
    url,
    deps,
    dataDir: deps.config.dataDir,
    setupLink: running.setupLink,
    owner,
    anonymous: (headers) => createClient(url, headers),
    admin() {
      first ??= (async () => {
        const client = createClient(url);
        const token = running.setupLink?.split("#token=")[1];
        const displayName = "Administrator";
        must(
          await client.mutate("setup.createAdmin", {
            token,
            email: "admin@example.org",
            password,
            displayName,
          }),
        );
        return client;
      })();
      return first;
    },
    async user(role, email = `${role}-${randomBytes(4).toString("hex")}@example.org`) {
      const id = uuidv7();
      const passwordHash = await hashPassword(password, deps.config.argon2);
      await deps.database.transaction({}, (tx) =>
        tx
          .insert(users)
          .values({ id, email, displayName: role, role, passwordHash, createdAt: new Date() }),
      );
      return Object.assign(await signedIn(email), { email, id });
    },
    member: (email) => server.user("member", email),
    async apiKey(client, keyOptions = {}) {
      const agent = must(await client.mutate("agents.create", { name: "agent" }));
      const scopes = ["events:write", "events:read"];
      const input = { agentId: agent.id, name: "key", scopes, ...keyOptions };
      const { id, key } = must(await client.mutate("apiKeys.create", input));
      return { agentId: agent.id, id, key };
    },
    fetch: (path, init) => fetch(`${url}${path}`, init),
    async stop() {
      await owner.end({ timeout: 2 });
      await running.stop();
      await admin`drop database ${admin(database)} with (force)`;
      for (const suffix of ["app", "ingest"])
        await admin`drop role if exists ${admin(`${database}_${suffix}`)}`;
      await admin.end({ timeout: 2 });
      await rm(dataDir, { recursive: true, force: true });
    },
  };
  return server;
}
