import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { copyFile, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TLSSocket } from "node:tls";
import { connect, parseConnectionUrl } from "@muniment/db/connection.ts";
import { openDatabaseSocket } from "@muniment/db/database-socket.ts";
import { isDatabaseUntrusted } from "@muniment/db/unavailable.ts";
import { openCertificate } from "@muniment/verify/certificate.ts";
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freePort } from "../../../test/free-port.ts";
import { boot, type Running } from "../src/boot.ts";
import { parseConfig } from "../src/config.ts";
import { toAppError } from "../src/errors.ts";
import { createLog } from "../src/log.ts";
import { createClient } from "./client.ts";
import {
  type ExternalPostgres,
  hasPostgres,
  makeCertificate,
  startExternalPostgres,
} from "./debian-postgres.ts";
import { must, password } from "./harness.ts";
import { migrationsFolder } from "./postgres.ts";

const secret = "superuser-of-this-test";
const soon = { interval: 50 };
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
      env: {},
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

  /** Whether every connection of the product to a database has TLS. */
  async function haveTls(database: string): Promise<boolean> {
    const facts = parseConnectionUrl(postgres.url("postgres", secret, "postgres"));
    const sql = connect(facts, { max: 1, applicationName: "ask" });
    const [row] = await sql`select bool_and(ssl) as all from pg_stat_ssl
      join pg_stat_activity using (pid) where datname = ${database}`;
    await sql.end({ timeout: 2 });
    return row?.all;
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
      expect(await haveTls(name)).toBe(env.DATABASE_CA !== undefined);
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

  const overTls = (mode: string, host = "127.0.0.1") => {
    const url = new URL(postgres.url("postgres", secret, "encrypted"));
    return Object.assign(url, { hostname: host, search: `sslmode=${mode}` }).href;
  };

  test("stores and finds events over TLS, which every connection has", async () => {
    await run(["create database encrypted"]);
    const env = { DATABASE_URL: overTls("verify-full"), DATABASE_CA: postgres.ca };
    expect(await walk("encrypted", env)).toMatchObject({ ingest: "encrypted_ingest" });
  });

  test("refuses a certificate of another authority or name, and says what to do", async () => {
    const other = readFileSync(makeCertificate(directory, "IP:127.0.0.1").certificate, "utf8");
    for (const [url, ca] of [
      [overTls("verify-full"), other],
      [overTls("require"), other],
      [overTls("require", "localhost"), postgres.ca],
    ] as const) {
      const facts = parseConnectionUrl(url, ca);
      await expect(openDatabaseSocket(facts)).rejects.toThrow(/self.signed|altnames/);
      await expect(start("refused", { DATABASE_URL: url, DATABASE_CA: ca })).rejects.toThrow(
        "DATABASE_CA_FILE",
      );
    }
  });

  test("is taken for one that is lost while its certificate is not the right one", async () => {
    await run(["create database renewed"]);
    const env = { DATABASE_URL: overTls("verify-full"), DATABASE_CA: postgres.ca };
    env.DATABASE_URL = env.DATABASE_URL.replace("/encrypted", "/renewed");
    const running = await start("renewed", env);
    const restore = postgres.changeCertificate();
    try {
      const facts = parseConnectionUrl(env.DATABASE_URL, postgres.ca);
      const reached = () =>
        openDatabaseSocket(facts).then(
          (socket) => socket.destroy() !== undefined,
          () => false,
        );
      await expect.poll(reached, soon).toBe(false);
      await run([
        "select pg_terminate_backend(pid) from pg_stat_activity where datname = 'renewed'",
      ]);
      const { database } = running.deps;
      const ways = [
        () => database.raw`select 1`,
        () => database.audit`select 1`,
        () => database.ingest`select 1`,
        () => database.reads({}).execute(sql`select 1`),
        () => database.transaction({}, (tx) => tx.execute(sql`select 1`)),
      ];
      for (const way of ways) {
        const met: unknown[] = [];
        const ask = async () => {
          const error = await way().then(
            () => null,
            (cause: unknown) => cause,
          );
          met.push(toAppError(error).reason);
          return isDatabaseUntrusted(error);
        };
        // Before it, that connections were ended.
        await expect.poll(ask, soon).toBe(true);
        expect(new Set(met)).toEqual(new Set(["database_unavailable"]));
      }
      const answer = await createClient(running.deps.config.publicUrl.origin).mutate(
        "auth.signIn",
        { email: "admin@example.org", password },
      );
      expect([answer.status, answer.error?.data.reason]).toEqual([503, "database_unavailable"]);
    } finally {
      restore();
    }
    try {
      const back = () =>
        running.deps.database.raw`select 1 as one`.then(([row]) => row?.one, String);
      await expect.poll(back, soon).toBe(1);
    } finally {
      await running.stop();
    }
  });

  test("a dump that is restored brings nobody back where any list of erasures is left, and else says so", async () => {
    await run(["create database living"]);
    const env = {
      DATABASE_URL: postgres.url("postgres", secret, "living"),
      AUDIT_CHECKPOINT_FILE: join(directory, "of others"),
      BACKUPS_KEPT_DAYS: "30",
    };
    const living = await start("living", { ...env, SIGN_UP: "open" });
    const origin = living.deps.config.publicUrl.origin;
    const token = living.setupLink?.split("#token=")[1];
    const admin = { email: "admin@example.org", password };
    const person = { email: "person@example.org", password };
    must(
      await createClient(origin).mutate("setup.createAdmin", {
        ...admin,
        ...{ token, displayName: "Admin" },
      }),
    );
    const client = createClient(origin);
    must(await client.mutate("auth.signUp", { ...person, displayName: "Person" }));
    const dump = join(directory, "dump");
    const dumped = postgres.url("postgres", secret, "living");
    execFileSync(postgres.tool("pg_dump"), ["--format=custom", `--file=${dump}`, dumped]);
    const { id } = must(await client.mutate("data.erase", { password }));
    const certificateFrom = async (url: string) => {
      const found = await createClient(url).query("data.certificate", { id });
      if (found.status !== 200) return null;
      const { note, verifierKeys } = found.data;
      return (await openCertificate(note, verifierKeys)).certificate;
    };
    await expect.poll(async () => (await certificateFrom(origin))?.cleanedAt, soon).toBeTruthy();
    const [backups] = (await certificateFrom(origin))?.remains ?? [];
    expect(backups?.until).toMatch(/^\d{4}-.* as the operator declares/);
    for (const where of ["the data directory (erasures.jsonl)", "beside AUDIT_CHECKPOINT_FILE"]) {
      expect(backups?.until).toContain(where);
    }
    await living.stop();

    /** Another machine with the dump and the keys, and with what is left of the lists. */
    async function restore(name: string, left: string[], more: Record<string, string> = {}) {
      await run([`create database ${name}`]);
      const target = postgres.url("postgres", secret, name);
      execFileSync(postgres.tool("pg_restore"), ["--no-owner", `--dbname=${target}`, dump]);
      await mkdir(join(directory, name));
      for (const file of ["keyring.json", ...left]) {
        await copyFile(join(directory, "living", file), join(directory, name, file));
      }
      return start(name, { DATABASE_URL: target, ...more });
    }
    const signIn = async (running: Running, account: typeof person) => {
      const on = createClient(running.deps.config.publicUrl.origin);
      return { client: on, status: (await on.mutate("auth.signIn", account)).status };
    };
    const told = async (running: Running) => {
      const { client: on } = await signIn(running, admin);
      const { items } = must(await on.query("alerts.list", { kinds: ["erasures_unlisted"] }));
      return items.map(({ details }: { details: unknown }) => details);
    };
    const { AUDIT_CHECKPOINT_FILE } = env;
    for (const [name, left, more] of [
      ["with_list", ["erasures.jsonl"], {}],
      ["with_other_list", [], { AUDIT_CHECKPOINT_FILE }],
    ] as const) {
      const restored = await restore(name, [...left], more);
      try {
        expect([name, (await signIn(restored, person)).status]).toEqual([name, 401]);
        const certificate = await certificateFrom(restored.deps.config.publicUrl.origin);
        expect(certificate).toMatchObject({ id, cause: "ledger" });
        expect(await told(restored)).toEqual([]);
      } finally {
        await restored.stop();
      }
    }

    const without = await restore("without", []);
    try {
      expect((await signIn(without, person)).status).toBe(200);
      expect(await told(without)).toEqual([{ known: 0 }]);
    } finally {
      await without.stop();
    }
    // What the alert tells to do.
    const list = "erasures.jsonl";
    await copyFile(join(directory, "living", list), join(directory, "without", list));
    const after = await start("without", {
      DATABASE_URL: postgres.url("postgres", secret, "without"),
    });
    try {
      expect((await signIn(after, person)).status).toBe(401);
    } finally {
      await after.stop();
    }
  });

  test("takes a unix socket as it is, whatever its sslmode", async () => {
    const facts = parseConnectionUrl(
      postgres.socketUrl("postgres", secret, "require"),
      postgres.ca,
    );
    const socket = await openDatabaseSocket(facts);
    expect(socket).not.toBeInstanceOf(TLSSocket);
    socket.destroy();
    const sql = connect(facts, { max: 1, applicationName: "socket" });
    expect(await sql`select 1 as one`).toEqual([{ one: 1 }]);
    await sql.end({ timeout: 2 });
  });
});
