import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import {
  chmod,
  chown,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  writeFile,
} from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import postgres from "postgres";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { canReach, isRoot } from "./child-user.ts";
import {
  DatabasePasswordRefused,
  DataDirInUse,
  StartFailed,
  WrongDatabaseVersion,
} from "./errors.ts";
import { listProcesses } from "./leftovers.ts";
import { findRunningPostgres } from "./running.ts";
import { clusterNameFor } from "./settings.ts";
import { type EmbeddedPostgres, startEmbeddedPostgres } from "./start.ts";

const PASSWORD = "a password with 'quotes' and \\";
const NOBODY = { uid: 65_534, gid: 65_534 };

let place: string;
const running: EmbeddedPostgres[] = [];
const children: ChildProcess[] = [];

beforeAll(async () => {
  place = await mkdtemp("/tmp/embedded-test-");
  await chmod(place, 0o711);
});
afterEach(async () => {
  for (const server of running.splice(0)) await server.stop();
  for (const child of children.splice(0)) child.kill("SIGKILL");
});
afterAll(() => rm(place, { recursive: true, force: true, maxRetries: 20 }));

async function start(
  dataDir: string,
  options: { password?: string; settings?: Record<string, string> } = {},
) {
  const server = await startEmbeddedPostgres({
    ...{ dataDir, password: PASSWORD, log: () => undefined },
    ...options,
  });
  running.push(server);
  return server;
}

async function query(server: EmbeddedPostgres, text: string) {
  const sql = postgres({ ...server.connection, max: 1, onnotice: () => undefined });
  try {
    return [...(await sql.unsafe(text))];
  } finally {
    // Without a limit it waits for ever when the connection broke in the middle of a query.
    await sql.end({ timeout: 1 });
  }
}

/** The owner as a process of its own; resolves with what it printed. */
async function startOwner(dataDir: string, user?: typeof NOBODY) {
  const fixture = fileURLToPath(new URL("start.fixture.ts", import.meta.url));
  const args = ["--import", import.meta.resolve("tsx"), fixture, dataDir, PASSWORD];
  const child = spawn(process.execPath, args, {
    ...user,
    env: { PATH: process.env.PATH, TMPDIR: place },
    stdio: ["ignore", "pipe", "inherit"],
  });
  children.push(child);
  const printed = new Promise<Record<string, string>>((resolve, reject) => {
    child.stdout.once("data", (line) => resolve(JSON.parse(String(line))));
    child.once("exit", (code) => reject(new Error(`the owner ended with ${code}`)));
  });
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  return { child, printed, ended };
}

async function commandsContaining(text: string) {
  const found: number[] = [];
  for (const { pid, command } of await listProcesses()) {
    if (command.includes(text)) found.push(pid);
  }
  return found;
}

const processesOf = (cluster: string) => commandsContaining(clusterNameFor(cluster));

async function until(condition: () => Promise<boolean>, withinMs = 60_000) {
  const giveUpAt = Date.now() + withinMs;
  while (!(await condition())) {
    if (Date.now() > giveUpAt) throw new Error("waited in vain");
    await sleep(20);
  }
}

async function postmasterPid(cluster: string) {
  return Number.parseInt(await readFile(join(cluster, "postmaster.pid"), "utf8"), 10);
}

const modeOf = async (path: string) => (await stat(path)).mode & 0o777;

describe("on one data directory, from one start to the next", () => {
  const dataDir = () => join(place, "data with a space");
  const cluster = () => join(dataDir(), "postgres");
  let expectedRows = 0;

  async function startAndCheckRows() {
    const startedAt = Date.now();
    const server = await start(dataDir());
    const tookMs = Date.now() - startedAt;
    const rows = await query(server, "SELECT count(*)::int AS n FROM kept");
    expect(rows).toEqual([{ n: expectedRows }]);
    return { server, tookMs };
  }

  async function addRow(server: EmbeddedPostgres) {
    await query(server, "INSERT INTO kept DEFAULT VALUES");
    expectedRows += 1;
  }

  it("makes a private, durable database", async () => {
    const server = await start(dataDir());
    expect(server.directory).toBe(cluster());
    await query(server, "CREATE TABLE kept (id uuid DEFAULT uuidv7())");
    await addRow(server);

    const settings =
      "listen_addresses fsync full_page_writes synchronous_commit data_checksums server_encoding TimeZone";
    const shown: Record<string, unknown> = {};
    for (const name of settings.split(" "))
      Object.assign(shown, (await query(server, `SHOW ${name}`))[0]);
    expect(shown).toEqual({
      ...{ listen_addresses: "", fsync: "on", full_page_writes: "on", synchronous_commit: "on" },
      ...{ data_checksums: "on", server_encoding: "UTF8", TimeZone: "UTC" },
    });
    expect(
      await query(server, "SELECT DISTINCT auth_method, type FROM pg_hba_file_rules ORDER BY type"),
    ).toEqual([
      { auth_method: "reject", type: "host" },
      { auth_method: "scram-sha-256", type: "local" },
    ]);

    expect(await modeOf(dataDir())).toBe(isRoot() ? 0o711 : 0o700);
    for (const path of [cluster(), join(dataDir(), "lock"), server.connection.host]) {
      expect(await modeOf(path), path).toBe(0o700);
    }
    expect(await modeOf(join(cluster(), "pg_hba.conf"))).toBe(0o600);
    expect((await readdir(dataDir())).sort()).toEqual(["lock", "postgres", "socket"]);
  });

  it("keeps rows over two more starts, each within five seconds, and leaves no process behind", async () => {
    for (let round = 0; round < 2; round++) {
      const { server, tookMs } = await startAndCheckRows();
      expect(tookMs).toBeLessThan(5_000);
      await addRow(server);
      const pending = await Promise.race([server.exited, server.stop().then(() => "stopped")]);
      expect(pending).toBe("stopped");
      expect(await processesOf(cluster())).toEqual([]);
    }
  });

  it("refuses a wrong password, and one that is not its own at start", async () => {
    const { server } = await startAndCheckRows();
    const stranger = { ...server, connection: { ...server.connection, password: "other" } };
    await expect(query(stranger, "SELECT 1")).rejects.toMatchObject({ code: "28P01" });
    await server.stop();
    await expect(start(dataDir(), { password: "other" })).rejects.toThrow(DatabasePasswordRefused);
    expect(await processesOf(cluster())).toEqual([]);
  });

  it("shows the server's own words when it cannot start", async () => {
    const attempt = start(dataDir(), { settings: { shared_buffers: "nonsense" } });
    await expect(attempt).rejects.toThrow(StartFailed);
    await expect(attempt).rejects.toThrow(
      /invalid value for parameter "shared_buffers": "nonsense"/,
    );
  });

  it("reports a killed postmaster and restarts under the same connection, busy backends or not", async () => {
    const { server } = await startAndCheckRows();
    await addRow(server);
    const busy = query(server, "SELECT sum(n) FROM generate_series(1, 1e12) AS n").catch(
      () => "cut off",
    );
    await until(
      async () =>
        (
          await query(
            server,
            "SELECT 1 FROM pg_stat_activity WHERE query LIKE 'SELECT sum%' AND state = 'active'",
          )
        ).length > 0,
    );

    process.kill(await postmasterPid(cluster()), "SIGKILL");
    expect(await server.exited).toBeNull();
    const startedAt = Date.now();
    const again = await server.restart();
    running.push(again);
    expect(Date.now() - startedAt).toBeLessThan(5_000);
    expect(await busy).toBe("cut off");
    expect(again.connection).toEqual(server.connection);
    expect(await query(again, "SELECT count(*)::int AS n FROM kept")).toEqual([
      { n: expectedRows },
    ]);

    process.kill(await postmasterPid(cluster()), "SIGKILL");
    await again.exited;
    const overtaken = again.restart();
    await Promise.all([again.stop(), overtaken.catch(() => undefined)]);
    await expect(again.restart()).rejects.toThrow("has been stopped");
    expect(await processesOf(cluster())).toEqual([]);
  });

  it("ends the server of a killed owner by itself, and starts again within 5 s", async () => {
    const owner = await startOwner(dataDir());
    expect(await owner.printed).toEqual({ directory: cluster() });
    owner.child.kill("SIGKILL");
    await owner.ended;
    await until(async () => (await processesOf(cluster())).length === 0);
    await startAndCheckRows();
  });

  it("stops the orphan of a killed owner, and starts again within 5 s", async () => {
    const owner = await startOwner(dataDir());
    await owner.printed;
    const pid = await postmasterPid(cluster());
    for (const watcher of await commandsContaining(`kill -INT "$1" sh ${pid} `)) {
      process.kill(watcher, "SIGKILL");
    }
    owner.child.kill("SIGKILL");
    await owner.ended;
    await sleep(300);
    expect((await processesOf(cluster())).length).toBeGreaterThan(0);

    const { tookMs } = await startAndCheckRows();
    expect(tookMs).toBeLessThan(5_000);
    expect(await postmasterPid(cluster())).not.toBe(pid);
  });

  it("starts although the crashed server's process id belongs to another process of its user", async () => {
    const { server } = await startAndCheckRows();
    process.kill(await postmasterPid(cluster()), "SIGKILL");
    await server.exited;
    const bystander = spawn("sleep", ["60"], { ...(isRoot() ? NOBODY : {}), stdio: "ignore" });
    children.push(bystander);
    const pidFile = join(cluster(), "postmaster.pid");
    const lines = (await readFile(pidFile, "utf8")).split("\n");
    await writeFile(pidFile, [bystander.pid, ...lines.slice(1)].join("\n"));

    running.push(await server.restart());
    expect(bystander.exitCode).toBeNull();
    expect(bystander.signalCode).toBeNull();
  });

  it("lets one of several owners at the same instant in, and tells the others who it is", async () => {
    const owners = await Promise.all([1, 2, 3].map(() => startOwner(dataDir())));
    const answers = await Promise.all(owners.map(({ printed }) => printed));
    const winner = owners[answers.findIndex(({ directory }) => directory === cluster())];
    const refused = answers.filter(({ error }) => error === "DataDirInUse");
    expect(refused).toHaveLength(2);
    for (const { message } of refused)
      expect(message).toContain(`in use by process ${winner?.child.pid}.`);
    await expect(start(dataDir())).rejects.toThrow(DataDirInUse);

    const connection = await findRunningPostgres({ dataDir: dataDir(), password: PASSWORD });
    const { host } = connection ?? {};
    expect(host).toBe(join(dataDir(), "socket"));
    winner?.child.kill("SIGTERM");
    await winner?.ended;
    expect(await findRunningPostgres({ dataDir: dataDir(), password: PASSWORD })).toBeUndefined();
    await startAndCheckRows();
  });
});

it("works under a path too long for a socket, and leaves nothing in /tmp", async () => {
  const dataDir = join(place, "long".repeat(30), "data");
  await mkdir(dataDir, { recursive: true });
  const server = await start(dataDir);
  const { host } = server.connection;
  expect(host).toMatch(/^\/tmp\/muniment-/);
  expect(await modeOf(host)).toBe(0o700);
  expect(await findRunningPostgres({ dataDir, password: PASSWORD })).toEqual(server.connection);
  expect(await query(server, "SELECT 1 AS one")).toEqual([{ one: 1 }]);

  process.kill(await postmasterPid(server.directory), "SIGKILL");
  await server.exited;
  const again = await server.restart();
  expect(await query(again, "SELECT 1 AS one")).toEqual([{ one: 1 }]);
  await again.stop();
  await expect(stat(host)).rejects.toThrow("ENOENT");
});

it("begins afresh when the owner was killed while the database was being made", async () => {
  const dataDir = join(place, "interrupted");
  const owner = await startOwner(dataDir);
  owner.printed.catch(() => undefined);
  const unfinished = join(dataDir, "postgres.new");
  const isThere = (path: string) => async () => existsSync(path);
  await until(isThere(join(unfinished, "data")));
  // So it makes no whole one of it, however late it is killed.
  owner.child.kill("SIGSTOP");
  await until(isThere(join(unfinished, "data", "global")));
  owner.child.kill("SIGKILL");
  await owner.ended;
  expect((await stat(join(unfinished, "password"))).mode & 0o777).toBe(0o600);
  await expect(stat(join(dataDir, "postgres"))).rejects.toThrow("ENOENT");

  const server = await start(dataDir);
  expect(await query(server, "SELECT 1 AS one")).toEqual([{ one: 1 }]);
  await expect(stat(unfinished)).rejects.toThrow("ENOENT");
});

it("refuses a database of another major version", async () => {
  const dataDir = join(place, "older");
  await mkdir(join(dataDir, "postgres"), { recursive: true });
  await chmod(dataDir, 0o711);
  await writeFile(join(dataDir, "postgres", "PG_VERSION"), "17\n");
  const attempt = start(dataDir);
  await expect(attempt).rejects.toThrow(WrongDatabaseVersion);
  await expect(attempt).rejects.toThrow(/made by PostgreSQL 17; this release runs 18/);
});

function asRoot(reachable: boolean) {
  it("keeps the database below /var/lib/muniment when its user cannot reach DATA_DIR", async () => {
    const closed = join(place, "closed");
    await mkdir(closed, { mode: 0o700 });
    const dataDir = join(closed, "data");
    const homes: string[] = [];
    const umask = process.umask(0o077);
    try {
      for (const marker of ["first", "second"]) {
        const server = await start(dataDir);
        const home = join(server.directory, "..");
        homes.push(home);
        expect(home).toMatch(/^\/var\/lib\/muniment\/data-[0-9a-f]{12}(-2)?$/);
        expect(await readFile(join(dataDir, "postgres.location"), "utf8")).toBe(`${home}\n`);
        expect(await modeOf(join(dataDir, "postgres.location"))).toBe(0o600);
        expect(await modeOf(home)).toBe(0o711);
        expect(await modeOf(server.directory)).toBe(0o700);
        expect((await stat(server.directory)).uid).toBe(65_534);
        await query(server, `CREATE TABLE ${marker} ()`);
        await server.stop();
        await query(await start(dataDir), `SELECT FROM ${marker}`);
        await running.pop()?.stop();
        // A deleted DATA_DIR begins with an empty database, not with what it had recorded.
        await rm(dataDir, { recursive: true });
      }
      expect(new Set(homes).size).toBe(2);

      await mkdir(dataDir);
      await writeFile(join(dataDir, "postgres.location"), "/var/lib/muniment/gone\n");
      await expect(start(dataDir)).rejects.toThrow(/\/var\/lib\/muniment\/gone, which is gone/);
    } finally {
      process.umask(umask);
      for (const home of homes) await rm(home, { recursive: true, force: true });
    }
  });

  if (!reachable) return;
  it("serves an ordinary user in a directory of that user's, and root afterwards", async () => {
    const dataDir = join(place, "ordinary");
    await mkdir(dataDir);
    await chown(dataDir, NOBODY.uid, NOBODY.gid);
    await chmod(place, 0o777);
    const owner = await startOwner(dataDir, NOBODY);
    expect(await owner.printed).toEqual({ directory: join(dataDir, "postgres") });
    expect(await modeOf(dataDir)).toBe(0o700);
    expect((await stat(join(dataDir, "postgres"))).uid).toBe(NOBODY.uid);
    owner.child.kill("SIGTERM");
    await owner.ended;

    const second = await startOwner(dataDir, NOBODY);
    expect(await second.printed).toEqual({ directory: join(dataDir, "postgres") });
    await expect(start(dataDir)).rejects.toThrow(DataDirInUse);
    second.child.kill("SIGKILL");
    await second.ended;
    const server = await start(dataDir);
    expect(await query(server, "SELECT 1 AS one")).toEqual([{ one: 1 }]);
  });
}

// Absent rather than skipped where it has no meaning: scripts/test.mjs names it, and a skipped test fails with CI=true.
if (isRoot()) {
  const reachable = await canReach(fileURLToPath(new URL(".", import.meta.url)), NOBODY);
  describe("as root", () => asRoot(reachable));
}
