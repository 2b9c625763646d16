import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, parseConnectionUrl } from "@muniment/db/connection.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freePort } from "../../../test/free-port.ts";
import { boot, type Running } from "../src/boot.ts";
import { parseConfig } from "../src/config.ts";
import { createLog } from "../src/log.ts";
import { createClient } from "./client.ts";
import { type ExternalPostgres, hasPostgres, startExternalPostgres } from "./debian-postgres.ts";
import { must, password } from "./harness.ts";
import { migrationsFolder } from "./postgres.ts";

const secret = "superuser-of-this-test";
let postgres: ExternalPostgres;
let directory: string;

describe.skipIf(!hasPostgres)("a PostgreSQL of the operator's own", () => {
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "muniment-external-"));
    postgres = await startExternalPostgres(secret);
  });
  afterAll(async () => {
    await postgres?.stop();
    await rm(directory, { recursive: true, force: true });
  });

  const run = async (statements: string[], database = "postgres") => {
    const facts = parseConnectionUrl(postgres.url("postgres", secret, database));
    const sql = connect(facts, { max: 1, applicationName: "prepare" });
    for (const statement of statements) await sql.unsafe(statement);
    await sql.end({ timeout: 2 });
  };

  async function start(name: string, env: Record<string, string>) {
    const port = await freePort();
    const parsed = parseConfig({
      DATA_DIR: join(directory, name),
      PORT: String(port),
      LOG_LEVEL: "silent",
      ...env,
    });
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
    return boot({
      config: parsed.config,
      rings: parsed.rings,
      log: createLog("silent"),
      migrationsFolder,
      webDirectory: null,
    });
  }

  /** Who the application is to the database, on its two kinds of connection. */
  async function identityOf({ deps: { database } }: Running) {
    const [app] = await database.raw`select current_user as name,
      has_table_privilege('audit_entries', 'update') as may_update`;
    const [ingest] = await database.ingest`select current_user as name`;
    return { app: app?.name, ingest: ingest?.name, mayUpdate: app?.may_update };
  }

  /** Walks from the setup link to a stored and found event, then starts once more. */
  async function walk(name: string, env: Record<string, string>) {
    const running = await start(name, env);
    try {
      const url = running.deps.config.publicUrl.origin;
      const client = createClient(url);
      const token = running.setupLink?.split("#token=")[1];
      const account = { token, email: "admin@example.org", password, displayName: "Admin" };
      must(await client.mutate("setup.createAdmin", account));
      const agent = must(await client.mutate("agents.create", { name: "agent" }));
      const scopes = ["events:write"];
      const { key } = must(
        await client.mutate("apiKeys.create", { agentId: agent.id, name: "key", scopes }),
      );
      const bearer = createClient(url, { authorization: `Bearer ${key}` });
      expect(must(await bearer.mutate("events.ingest", { events: [{ type: "a" }] })).accepted).toBe(
        1,
      );
      expect(must(await client.query("events.search")).items).toHaveLength(1);
    } finally {
      await running.stop();
    }
    const again = await start(name, env);
    try {
      return await identityOf(again);
    } finally {
      await again.stop();
    }
  }

  test("works with a superuser's URL alone, and then runs as a role of its own", async () => {
    await run(["create database plain"]);
    const identity = await walk("plain", {
      DATABASE_URL: postgres.url("postgres", secret, "plain"),
    });
    expect(identity).toEqual({ app: "plain_app", ingest: "plain_ingest", mayUpdate: false });
  });

  test("works with an owner and an application's role that the operator made", async () => {
    await run([
      "create role boss login createrole password 'owner-password'",
      "create role runner login password 'runner-password'",
      "create database two owner boss",
    ]);
    const identity = await walk("two", {
      DATABASE_URL: postgres.url("runner", "runner-password", "two"),
      DATABASE_OWNER_URL: postgres.url("boss", "owner-password", "two"),
    });
    expect(identity).toEqual({ app: "runner", ingest: "two_ingest", mayUpdate: false });
  });

  test("starts where the owner may not make roles, and says so", async () => {
    await run([
      "create role small login password 'small-password'",
      "create database small owner small",
    ]);
    const identity = await walk("small", {
      DATABASE_URL: postgres.url("small", "small-password", "small"),
    });
    expect(identity).toEqual({ app: "small", ingest: "small", mayUpdate: true });
  });
});
