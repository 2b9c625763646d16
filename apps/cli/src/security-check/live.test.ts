import { chmod, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { boot, type Running } from "@muniment/api/boot.ts";
import { parseConfig } from "@muniment/api/config.ts";
import { createLog } from "@muniment/api/log.ts";
import { connect } from "@muniment/db/connection.ts";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { freePort } from "../../../../test/free-port.ts";
import { call } from "../../test/call.ts";

// It starts a database and a server.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 180_000 });

type Row = { id: string; title: string; status: string; detail: string; remedy: string };
type Sql = ReturnType<typeof connect>;

const migrationsFolder = fileURLToPath(
  new URL("../../../../packages/db/migrations", import.meta.url),
);

let place: string;
let env: Record<string, string>;
let running: Running;
let owner: Sql;

beforeAll(async () => {
  place = await mkdtemp("/tmp/security-check-");
  // The database's own user must reach what lies in it.
  await chmod(place, 0o711);
  env = { DATA_DIR: join(place, "data"), PORT: String(await freePort()), LOG_LEVEL: "warn" };
  const parsed = parseConfig(env);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  const log = createLog("silent");
  running = await boot({ env, ...parsed, log, migrationsFolder, webDirectory: null });
  const embedded = running.embedded();
  if (!embedded) throw new Error("the embedded database is not running");
  const facts = { ...embedded.connection, database: "muniment" };
  owner = connect(facts, { max: 1, applicationName: "test-owner" });
});
afterAll(async () => {
  await owner?.end({ timeout: 2 });
  await running?.stop();
  await rm(place, { recursive: true, force: true, maxRetries: 20 });
});

async function check(variables = env) {
  const { stdout, exitCode } = await call(["security-check", "--json"], { env: variables });
  const { checks } = JSON.parse(stdout) as { checks: Row[] };
  const of = (id: string) => checks.find((row) => row.id === id);
  return { checks, exitCode, of };
}

/** An installation on an external database: the same server, reached by an address. */
function externalEnv(user: string, password: string) {
  const host = encodeURIComponent(running.embedded()?.connection.host ?? "");
  return {
    ...env,
    DATABASE_URL: `postgres://${user}:${encodeURIComponent(password)}@localhost/muniment?host=${host}`,
  };
}

test("nothing fails on an installation that was started with no settings", async () => {
  const { checks, exitCode } = await check();
  expect(checks.filter(({ status }) => status === "fail")).toEqual([]);
  expect(exitCode).toBe(0);
  expect(Object.keys(checks[0] ?? {})).toEqual(["id", "title", "status", "detail", "remedy"]);
});

test("beside a running server every check of the embedded database is answered", async () => {
  const { checks } = await check();
  const external = ["database.authority-expiry"];
  const unanswered = checks
    .filter(({ id, status }) => id.startsWith("database.") && status !== "pass")
    .map(({ id }) => id);
  expect(unanswered).toEqual(external);
});

test("beside a running server its keys, its audit log and its alerts are looked at", async () => {
  const { of } = await check();
  for (const id of ["keys.expiry", "keys.unused", "audit.sealed", "alerts.unresolved"]) {
    expect(of(id), id).toMatchObject({ status: "pass" });
  }
  expect(of("audit.assurance")).toMatchObject({ status: "warn" });
});

test("the keyring, the data directory and the setup link are looked at", async () => {
  const { of } = await check();
  expect(of("files.keyring")).toMatchObject({ status: "pass" });
  expect(of("files.data-dir")).toMatchObject({ status: "pass" });
  expect(of("secrets.encryption")).toMatchObject({
    status: "pass",
    detail: "1 strong, from keyring.json",
  });
  expect(of("accounts.administrator")).toMatchObject({ status: "warn" });
});

test("a session of the owner beside the server is told", async () => {
  await owner`select 1`;
  const { of } = await check();
  expect(of("database.sessions")).toMatchObject({ status: "warn", detail: "muniment_owner too" });
});

describe("what is changed in the database behind Muniment's back is noticed", () => {
  const changes: [string, (sql: Sql) => unknown, (sql: Sql) => unknown][] = [
    [
      "database.audit-append-only",
      (sql) => sql`grant update on audit_entries to muniment_app_group`,
      (sql) => sql`revoke update on audit_entries from muniment_app_group`,
    ],
    [
      "database.audit-append-only",
      (sql) => sql`grant update (outcome) on audit_entries to muniment_app_group`,
      (sql) => sql`revoke update (outcome) on audit_entries from muniment_app_group`,
    ],
    [
      "database.row-security",
      (sql) => sql`alter table agents disable row level security`,
      (sql) => sql`alter table agents enable row level security`,
    ],
    [
      "database.role-unprivileged",
      (sql) => sql`alter role muniment_app bypassrls`,
      (sql) => sql`alter role muniment_app nobypassrls`,
    ],
    [
      "database.row-security-applies",
      (sql) => sql`alter role muniment_app superuser`,
      (sql) => sql`alter role muniment_app nosuperuser`,
    ],
    [
      "database.role-memberships",
      (sql) => sql`grant pg_read_all_data to muniment_app`,
      (sql) => sql`revoke pg_read_all_data from muniment_app`,
    ],
    [
      "database.role-no-alter",
      (sql) => sql`grant create on schema public to muniment_app_group`,
      (sql) => sql`revoke create on schema public from muniment_app_group`,
    ],
    [
      "database.role-no-alter",
      (sql) => sql`alter table agents owner to muniment_app_group`,
      (sql) => sql`alter table agents owner to muniment_owner`,
    ],
    [
      "database.ingest-insert-only",
      (sql) => sql`grant select on events to muniment_ingest_group`,
      (sql) => sql`revoke select on events from muniment_ingest_group`,
    ],
    [
      "database.synchronous-commit",
      (sql) => sql`alter role muniment_app set synchronous_commit = off`,
      (sql) => sql`alter role muniment_app reset synchronous_commit`,
    ],
    [
      "database.password-encryption",
      (sql) => sql`alter database muniment set password_encryption = md5`,
      (sql) => sql`alter database muniment reset password_encryption`,
    ],
    [
      "limits.overrides",
      (sql) => sql`
        insert into limit_overrides (name, points, duration_seconds, changed_at)
        values ('auth_account', 1000000, 60, now())`,
      (sql) => sql`delete from limit_overrides`,
    ],
  ];

  test.each(changes)("%s", async (id, change, undo) => {
    await change(owner);
    try {
      const { of, exitCode } = await check();
      expect(of(id)).toMatchObject({ status: "fail" });
      expect(exitCode).toBe(1);
    } finally {
      await undo(owner);
    }
    expect((await check()).of(id)).toMatchObject({ status: "pass" });
  });
});

test("an application that signs in as the owner fails every line that keeps it apart", async () => {
  const { username, password } = running.embedded()?.connection ?? { username: "", password: "" };
  const variables = externalEnv(username, password);
  const { of } = await check({ ...variables, DATABASE_OWNER_URL: variables.DATABASE_URL });
  for (const id of [
    "database.role-unprivileged",
    "database.role-no-alter",
    "database.audit-append-only",
    "database.row-security-applies",
  ]) {
    expect(of(id), id).toMatchObject({ status: "fail" });
  }
});

test("where the application's role was never made, the owner it would use instead is judged", async () => {
  const { username, password } = running.embedded()?.connection ?? { username: "", password: "" };
  const otherSecrets = { ENCRYPTION_KEY: "Zk3v9Qx7Lw2Rt8Yp5Nd1Hs6Gf4Jb0Mc3Va" };
  const { of } = await check({ ...externalEnv(username, password), ...otherSecrets });
  expect(of("database.reachable")).toMatchObject({ status: "pass", detail: `as ${username}` });
  expect(of("database.role-unprivileged")).toMatchObject({ status: "fail" });
});

test("a database that refuses the application is a failure, and the password is not told", async () => {
  const variables = externalEnv("nobody", "wr0ng-Password-of-nobody");
  const { of, checks } = await check({ ...variables, DATABASE_OWNER_URL: variables.DATABASE_URL });
  expect(of("database.reachable")).toMatchObject({ status: "fail" });
  expect(of("database.audit-append-only")).toMatchObject({ status: "skip" });
  expect(JSON.stringify(checks)).not.toContain("wr0ng");
});
