import { existsSync } from "node:fs";
import { chmod, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { recordedHome } from "@muniment/db/embedded/database-home.ts";
import { declarations } from "@muniment/db/processing/record.ts";
import postgres from "postgres";
import { afterAll, beforeAll, expect, test } from "vitest";
import { populate } from "../../../packages/db/test/populate.ts";
import { freePort } from "../../../test/free-port.ts";
import { boot, databaseName, type Running } from "../src/boot.ts";
import { parseConfig } from "../src/config.ts";
import { createLog } from "../src/log.ts";
import { plantCanaries, raiseAbout } from "./canaries.ts";
import { type Client, createClient } from "./client.ts";
import { makeEvent } from "./events-sender.ts";
import { must, password } from "./harness.ts";
import { migrationsFolder } from "./postgres.ts";

/** Stands in everything that the person types, sends or is known by. */
const canary = "kanarienvogel";
const email = `${canary}@example.org`;
const withinMilliseconds = 60_000;

let place: string;
let dataDir: string;
let running: Running;
let url: string;
let sql: postgres.Sql;

beforeAll(async () => {
  place = await mkdtemp(join(tmpdir(), "muniment-data-"));
  // The database's own user must pass through.
  await chmod(place, 0o711);
  dataDir = join(place, "data");
  const port = await freePort();
  const parsed = parseConfig({ DATA_DIR: dataDir, PORT: String(port), LOG_LEVEL: "silent" });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  running = await boot({
    env: {},
    config: parsed.config,
    rings: parsed.rings,
    log: createLog("silent"),
    migrationsFolder,
    webDirectory: null,
  });
  url = `http://127.0.0.1:${port}`;
  const connection = running.embedded()?.connection;
  if (!connection) throw new Error("there is no embedded database");
  sql = postgres({
    path: `${connection.host}/.s.PGSQL.${connection.port}`,
    database: databaseName,
    username: connection.username,
    password: connection.password,
    max: 1,
    onnotice: () => {},
  });
});
afterAll(async () => {
  await sql?.end();
  await running?.stop();
  await rm(place, { recursive: true, force: true });
});

/** The path of a file, with the table that it is of. */
async function named(path: string): Promise<string> {
  const [, node] = /\/base\/\d+\/(\d+)/.exec(path) ?? [];
  if (node === undefined) return path;
  const [row] = await sql`select pg_filenode_relation(0, ${node}::text::oid)::text as name`;
  return `${path} (${row?.name})`;
}

/** Every file of the installation in which the canary stands. */
async function filesWithCanary(): Promise<string[]> {
  const home = await recordedHome(dataDir);
  const found: string[] = [];
  for (const root of home && home !== dataDir ? [dataDir, home] : [dataDir]) {
    const entries = await readdir(root, { recursive: true, withFileTypes: true });
    for (const entry of entries) {
      if (!entry.isFile()) continue;
      const path = join(entry.parentPath, entry.name);
      // A file may go while the others are read.
      const bytes = await readFile(path).catch(() => Buffer.alloc(0));
      if (bytes.includes(canary) || entry.name.includes(canary)) found.push(await named(path));
    }
  }
  return found;
}

async function signUp(admin: Client): Promise<Client> {
  must(await admin.mutate("users.invite", { email, role: "member" }));
  const outbox = join(dataDir, "outbox");
  const mails = async () =>
    (await readdir(outbox).catch(() => [])).filter((name) => name.endsWith(".eml"));
  await expect.poll(async () => (await mails()).length).toBeGreaterThan(0);
  const [name = ""] = await mails();
  const text = (await readFile(join(outbox, name), "utf8"))
    .replaceAll("=\r\n", "")
    .replaceAll("=3D", "=");
  const invitation = /#[a-z]+=([A-Za-z0-9_-]+)/.exec(text)?.[1];
  const person = createClient(url, { "user-agent": `${canary}/1.0` });
  const input = { email, password, displayName: `The ${canary}`, invitation };
  must(await person.mutate("auth.signUp", input));
  return person;
}

/** Leaves the canary wherever a person can. */
async function leaveTraces(admin: Client): Promise<Client> {
  const person = await signUp(admin);
  const agent = must(
    await person.mutate("agents.create", { name: `${canary} agent`, description: canary }),
  );
  const { key } = must(
    await person.mutate("apiKeys.create", {
      agentId: agent.id,
      name: `${canary} key`,
      scopes: ["events:write", "events:read"],
    }),
  );
  const events = Array.from({ length: 50 }, (_, at) =>
    makeEvent({
      type: `${canary}.seen`,
      message: `${canary} ${at}`,
      subject: `user:${canary}`,
      traceId: canary,
      props: { name: canary, at },
    }),
  );
  const sender = createClient(url, { authorization: `Bearer ${key}` });
  must(await sender.mutate("events.ingest", { events }));
  const views = { name: canary, query: `type:${canary}.seen`, display: {} };
  must(await person.mutate("savedViews.create", views));
  must(await person.mutate("account.update", { displayName: `Sir ${canary}` }));
  await createClient(url, { "user-agent": canary }).mutate("auth.signIn", {
    email,
    password: "wrong",
  });
  await running.deps.folding.flush();
  await running.deps.failedSignIns.flush();
  return person;
}

/** Somebody with a canary in every column of text of every table that can hold a person's data. */
async function inEveryTable(): Promise<{ id: string; tables: string[] }> {
  const { id } = await populate(sql);
  await raiseAbout(sql, id);
  const owned = declarations.filter(({ owner }) => owner !== null);
  const planted = await plantCanaries(sql, id, canary, owned);
  const address = `other-${canary}@example.org`;
  await sql`update users set email = ${address} where id = ${id}`;
  // A mailbox of theirs, and work for them that was given up.
  await sql`
    insert into witnesses (id, kind, target, every_seconds, created_at, next_attempt_at)
    values (gen_random_uuid(), 'email', ${address}, 60, now(), now() + interval '1 day')`;
  await running.deps.database.transaction({}, (tx) =>
    running.deps.jobs.enqueue(
      tx,
      "mail",
      { to: address, subject: "", text: "" },
      { delaySeconds: 3600 },
    ),
  );
  const given = await sql`
    update jobs set failed_at = now(), last_error = ${canary}
    where queue = 'mail' and run_at > now() + interval '30 minutes' returning id`;
  expect(given).toHaveLength(1);
  return { id, tables: [...planted.keys(), "jobs", "witnesses"] };
}

/** What PostgreSQL forgets in its folder where a process of it is killed that writes a table anew. */
async function leaveForgottenFile(): Promise<string> {
  await sql`begin`;
  await sql`create table written_anew as select * from users`;
  const [row] = await sql`
    select pg_relation_filepath('written_anew') as path, pg_backend_pid() as pid`;
  await sql`checkpoint`;
  process.kill(row?.pid, "SIGKILL");
  await expect.poll(() => existsSync(`/proc/${row?.pid}`)).toBe(false);
  await expect.poll(() => sql`select 1`.catch(() => [])).toHaveLength(1);
  return row?.path;
}

/** Which file holds the ids of events and the digests of what they held; another once they are written anew. */
async function fileOfIds(): Promise<string> {
  const [row] = await sql`select pg_relation_filepath('event_ids_all') as path`;
  return String(row?.path);
}

test("an erased person's canaries are in no file of the installation within 60 s", async () => {
  const admin = createClient(url);
  const token = running.setupLink?.split("#token=")[1];
  const account = { token, email: "admin@example.org", password, displayName: "Administrator" };
  must(await admin.mutate("setup.createAdmin", account));
  const person = await leaveTraces(admin);
  const other = await inEveryTable();
  // Samples of columns, and pages as they are on the disk.
  await sql`analyze`;
  await sql`checkpoint`;
  const before = (await filesWithCanary()).map((path) => /\((.*)\)$/.exec(path)?.[1] ?? path);
  // The partitions of a table are named after it.
  const isFound = (table: string) => before.some((name) => name.startsWith(table));
  expect(other.tables.filter((table) => !isFound(table))).toEqual([]);
  expect(before.some((path) => path.includes("pg_wal"))).toBe(true);

  const forgotten = await leaveForgottenFile();
  expect((await filesWithCanary()).filter((path) => path.includes(forgotten))).toHaveLength(1);

  const idsBefore = await fileOfIds();

  const started = performance.now();
  must(await person.mutate("data.erase", { password }));
  must(await admin.mutate("users.delete", { id: other.id }));
  const left = { timeout: withinMilliseconds, interval: 1000 };
  await expect.poll(filesWithCanary, left).toEqual([]);
  expect(performance.now() - started).toBeLessThan(withinMilliseconds);

  // It is the person that is gone, and nothing else.
  expect((await admin.query("auth.me")).status).toBe(200);
  await expect
    .poll(async () => (await sql`select 1 from erasures where cleaned_at is not null`).length)
    .toBe(2);
  for (const { facts } of await sql`select facts from erasures`) expect(facts.left).toEqual([]);
  expect(await fileOfIds()).not.toBe(idsBefore);
  const [recycles] = await sql`show wal_recycle`;
  expect(recycles?.wal_recycle).toBe("on");
});
