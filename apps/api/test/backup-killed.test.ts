import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import {
  chmod,
  chown,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  symlink,
  utimes,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { requireEmpty } from "@muniment/db/backup/fresh-database.ts";
import { BackupProblem } from "@muniment/db/backup/problem.ts";
import { type ConnectionFacts, connect } from "@muniment/db/connection.ts";
import { recordedHome } from "@muniment/db/embedded/database-home.ts";
import { listProcesses } from "@muniment/db/embedded/leftovers.ts";
import type postgres from "postgres";
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
// biome-ignore lint/correctness/useImportExtensions: scripts run before anything is installed.
import { ensureBuild } from "../../../scripts/build.mjs";
import { openInstallation } from "../../cli/src/installation.ts";
import { call } from "../../cli/test/call.ts";
import { nameExclusively, pruneBackups } from "../src/backup/files.ts";
import { findMove } from "../src/backup/fill.ts";
import { recordBackup } from "../src/backup/record.ts";
import { readClaim } from "../src/backup/restore-mark.ts";
import { claimFolder } from "../src/backup/target-folder.ts";
import { loadKeyring } from "../src/keyring.ts";
import { createEmptyDatabase } from "./empty-database.ts";
import { makeEvent, makeSender, send } from "./events-sender.ts";
import { must, startTestServer, type TestServer } from "./harness.ts";
import { migrationsFolder } from "./postgres.ts";
import { uploadFile } from "./upload.ts";

// Each kills a process that takes a while to start.
const none = { JWT_SECRET: [], API_KEY_SECRET: [], ENCRYPTION_KEY: [], AUDIT_SIGNING_KEY: [] };
let cli: string;
let server: TestServer;
let folder: string;
let backup: string;
const inFolder = (name: string) => join(folder, name);
const argv = () => ["restore", backup, "--unencrypted"];

const envOf = (dataDir: string, facts?: ConnectionFacts): Record<string, string> => ({
  ...(facts
    ? {
        DATABASE_URL: `postgres://${facts.username}:${facts.password}@localhost:${facts.port}/${facts.database}?host=${facts.host}`,
      }
    : {}),
  DATA_DIR: dataDir,
  MUNIMENT_MIGRATIONS: migrationsFolder,
});

beforeAll(async () => {
  cli = join(await ensureBuild(), "cli.js");
  folder = await mkdtemp(join(tmpdir(), "muniment-killed-"));
  // So that a database's own user gets through, and all of it lies here.
  await chmod(folder, 0o711);
  server = await startTestServer();
  await server.admin();
  const sender = await makeSender(server);
  expect((await send(server, sender.key, [makeEvent({}), makeEvent({})])).status).toBe(200);
  for (const text of ["one", "two", "three"]) must(await uploadFile(server, sender.member, text));
  await server.deps.sealer.seal();
  backup = inFolder("whole.backup");
  const env = envOf(server.dataDir, server.databaseFacts);
  expect(await call(["backup", backup, "--unencrypted"], { env })).toMatchObject({ exitCode: 0 });
});
afterAll(async () => {
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

/** The CLI in a process of its own, to be killed. */
function startCommand(argv: string[], env: Record<string, string>) {
  const options = { env: { PATH: process.env.PATH, ...env }, stdio: "ignore" } as const;
  const child = spawn(process.execPath, [cli, ...argv], options);
  const ended = once(child, "exit");
  const kill = async () => {
    child.kill("SIGKILL");
    await ended;
  };
  onTestFinished(kill);
  return { kill, ended };
}

/**
 * Has a database wait where an entry is written to the audit log, or where that is committed, as soon as
 * there is a table for it; until `release`.
 */
async function holdAt(owner: postgres.Sql, action: string, where: "entry" | "commit") {
  await owner.unsafe(`
    create function hold() returns trigger language plpgsql as
      $$ begin perform pg_advisory_xact_lock(42); return new; end $$;
    create function prepare_hold() returns event_trigger language plpgsql as $$ begin
      if to_regclass('public.audit_entries') is null
        or exists (select from pg_trigger where tgname = 'holding') then return; end if;
      create ${where === "commit" ? "constraint" : ""} trigger holding after insert on public.audit_entries
        ${where === "commit" ? "deferrable initially deferred" : ""}
        for each row when (new.action = '${action}') execute function hold();
    end $$;
    create event trigger prepare_holding on ddl_command_end when tag in ('CREATE TABLE')
      execute function prepare_hold()`);
  const blocker = await owner.reserve();
  await blocker`select pg_advisory_lock(42)`;
  const held = () => owner`
    select pid from pg_locks where locktype = 'advisory' and not granted
      and database = (select oid from pg_database where datname = current_database())`;
  return {
    held: () => expect.poll(async () => (await held()).length, { timeout: 60_000 }).toBe(1),
    /** Lets what waits go on, or ends it without. */
    async release({ ended = false } = {}) {
      if (ended)
        for (const { pid } of await held()) await owner`select pg_terminate_backend(${pid})`;
      await blocker`select pg_advisory_unlock_all()`;
      blocker.release();
    },
  };
}

const entriesOf = (owner: postgres.Sql) => owner`
  select id from audit_entries where action in ('backup.restored', 'database.moved')`;

const isFilled = async (owner: postgres.Sql) => {
  const [row] = await owner`select to_regclass('public.audit_entries') is not null as found`;
  return row?.found;
};

/** All of an installation is there, servers may start, and the log holds. */
async function expectWhole(
  dataDir: string,
  target: { facts: ConnectionFacts; owner: postgres.Sql },
) {
  const names = await readdir(dataDir);
  expect(names.filter((name) => name !== "lock").sort()).toEqual([
    "erasures.jsonl",
    "keyring.json",
    "uploads",
  ]);
  loadKeyring(dataDir, none);
  const env = envOf(dataDir, target.facts);
  const verified = await call(["verify", "--json"], { env });
  expect(JSON.parse(verified.stdout)).toMatchObject({ ok: true, unsealed: 1 });
  const uploads = await readdir(join(dataDir, "uploads"), { recursive: true });
  expect(uploads.filter((name) => name.length > 30)).toHaveLength(3);
  expect(await entriesOf(target.owner)).toHaveLength(1);
}

/** No server starts, and who looks is told what to do. */
async function expectMarked(dataDir: string) {
  expect(() => loadKeyring(dataDir, none)).toThrow("run the same `muniment restore` again");
  expect(JSON.parse(await readFile(join(dataDir, "restoring"), "utf8")).remedy).toContain(
    "run the same `muniment restore` again",
  );
}

describe("a restore that is killed", () => {
  test.each([
    ["before the keyring is there", "entry", true],
    ["between the keyring and the commit", "commit", true],
    ["after the commit", "commit", false],
  ] as const)("%s leaves nothing or all, and the next finishes", async (_, where, undone) => {
    await using target = await createEmptyDatabase();
    const dataDir = inFolder(`killed-${where}-${undone}`);
    const env = envOf(dataDir, target.facts);
    const hold = await holdAt(target.owner, "backup.restored", where);
    const { kill } = startCommand(argv(), env);
    await hold.held();
    const living = await call(argv(), { env });
    expect(living).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining("another restore into DATA_DIR"),
    });
    await kill();
    expect(existsSync(join(dataDir, "keyring.json"))).toBe(where === "commit");
    await expectMarked(dataDir);
    await hold.release({ ended: undone });
    if (undone) await requireEmpty(target.owner);
    else await expect.poll(() => isFilled(target.owner)).toBe(true);
    const before = undone ? [] : await entriesOf(target.owner);
    expect(before).toHaveLength(undone ? 0 : 1);
    // What somebody put there meanwhile stays.
    const list = join(dataDir, "erasures.jsonl");
    await writeFile(list, "of the old machine\n", { flag: "a" });

    const again = await call([...argv(), "--json"], { env });
    expect(again).toMatchObject({ exitCode: 0, stderr: "" });
    expect(JSON.parse(again.stdout)).toMatchObject({ ok: true });
    expect(await readFile(list, "utf8")).toContain("of the old machine\n");
    await expectWhole(dataDir, target);
    // It finished what was there, and did not do it again.
    if (!undone) expect(await entriesOf(target.owner)).toEqual(before);
  });

  test("while it copies files, with a PostgreSQL of its own, is cleared away by the next", async () => {
    const dataDir = inFolder("killed-files");
    const { kill } = startCommand(argv(), envOf(dataDir));
    const claimed = () => readFile(join(dataDir, "restoring"), "utf8").catch(() => "");
    await expect.poll(claimed, { timeout: 60_000, interval: 5 }).toContain("entry");
    // Who writes to it waits for a reader.
    const ids = await server.owner`select id from uploads order by id`;
    const pathOf = (at: number) => {
      const id = ids[at]?.id;
      return join(dataDir, "uploads", id.slice(-2), id);
    };
    await mkdir(join(pathOf(1), ".."), { recursive: true });
    execFileSync("mkfifo", [`${pathOf(1)}.part`]);
    await expect.poll(() => existsSync(pathOf(0)), { timeout: 60_000 }).toBe(true);
    await kill();
    expect(existsSync(pathOf(2))).toBe(false);
    expect(existsSync(join(dataDir, "keyring.json"))).toBe(false);
    await expectMarked(dataDir);

    const env = envOf(dataDir);
    expect(await call(argv(), { env })).toMatchObject({ exitCode: 0, stderr: "" });
    loadKeyring(dataDir, none);
    const verified = await call(["verify", "--json"], { env });
    expect(JSON.parse(verified.stdout)).toMatchObject({ ok: true, unsealed: 1 });
    expect([0, 1, 2].map((at) => existsSync(pathOf(at)))).toEqual([true, true, true]);
    expect(await readdir(dataDir)).not.toContain("restoring");
    const { length } = (await listProcesses()).filter(({ command }) => command.includes(dataDir));
    expect(length).toBe(0);
  });

  test("before it made anything is begun anew, and a full folder is never taken for its leavings", async () => {
    const dataDir = inFolder("killed-early");
    await mkdir(dataDir);
    await writeFile(join(dataDir, "restoring"), "");
    await writeFile(join(dataDir, "keyring.json"), "{}");
    const refused = await call(argv(), { env: envOf(dataDir) });
    expect(refused).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining("it holds keyring.json, and the mark of a restore"),
    });
    expect(await readFile(join(dataDir, "keyring.json"), "utf8")).toBe("{}");
    await rm(join(dataDir, "keyring.json"));
    await using target = await createEmptyDatabase();
    const env = envOf(dataDir, target.facts);
    expect(await call(argv(), { env })).toMatchObject({ exitCode: 0, stderr: "" });
    await expectWhole(dataDir, target);
  });

  test("under an older version, whose mark is a folder, is begun anew", async () => {
    const dataDir = inFolder("killed-older");
    await mkdir(join(dataDir, "restoring"), { recursive: true });
    const { earlier, begin, done, leave } = await claimFolder(dataDir);
    expect(earlier).toBeNull();
    const claim = { backup: "this one", entry: "00000000-0000-4000-8000-000000000000" };
    await begin(claim);
    expect(await readClaim(dataDir)).toEqual(claim);
    await done();
    await leave();
    expect(await readdir(dataDir)).toEqual([]);
  });

  /** What a killed drill seems to have left, with a database that lies in `home`. */
  async function plantDrill(name: string, { home }: { home: string }) {
    const place = join(inFolder("tmp"), `muniment-drill-${name}`);
    const data = join(place, "data");
    await mkdir(data, { recursive: true, mode: 0o700 });
    const claim = { backup: "of somebody", entry: "00000000-0000-4000-8000-000000000000" };
    await writeFile(join(data, "restoring"), JSON.stringify(claim));
    await writeFile(join(data, "postgres.location"), `${home}\n`);
    return { place, data };
  }

  test("as a drill leaves nothing behind once the next is over, which touches nothing of others", async () => {
    const ofDrills = async () =>
      (await readdir(inFolder("tmp"))).filter((name) => name.startsWith("muniment-drill-"));
    await mkdir(inFolder("tmp"), { mode: 0o711 });
    vi.stubEnv("TMPDIR", inFolder("tmp"));
    onTestFinished(() => void vi.unstubAllEnvs());
    const env = { ...envOf(inFolder("never")), TMPDIR: inFolder("tmp") };
    const { kill } = startCommand([...argv(), "--drill"], env);
    /** Where root keeps what the database's own user must reach, or else in the folder of the drill. */
    const home = async () => {
      const dataDir = join(inFolder("tmp"), (await ofDrills())[0] ?? "none", "data");
      return (await recordedHome(dataDir).catch(() => undefined)) ?? dataDir;
    };
    const isMade = async () => existsSync(join(await home(), "postgres/PG_VERSION"));
    await expect.poll(isMade, { timeout: 60_000 }).toBe(true);
    const left = await home();
    await kill();
    expect(await ofDrills()).toHaveLength(1);

    const victim = inFolder("victim");
    await mkdir(join(victim, "postgres"), { recursive: true });
    const planted = await plantDrill("planted", { home: victim });
    const open = await plantDrill("open", { home: victim });
    await chmod(open.place, 0o777);
    // Whoever reads it waits for a writer.
    await rm(join(open.data, "restoring"));
    execFileSync("mkfifo", [join(open.data, "restoring")]);
    const openData = await plantDrill("open-data", { home: victim });
    await chmod(openData.data, 0o720);
    const elsewhere = await plantDrill("elsewhere", { home: victim });
    await rename(elsewhere.place, inFolder("elsewhere"));
    await symlink(inFolder("elsewhere"), join(inFolder("tmp"), "muniment-drill-link"));
    const linked = await plantDrill("linked-data", { home: victim });
    await rename(linked.data, inFolder("linked-data"));
    await symlink(inFolder("linked-data"), linked.data);
    const stuck = await plantDrill("stuck", { home: victim });
    await writeFile(join(stuck.data, "lock"), "");
    // One that was killed after its restore has no mark any more, but all else.
    const clearing = await plantDrill("clearing", { home: victim });
    await rm(join(clearing.data, "restoring"));
    await writeFile(join(clearing.data, "keyring.json"), "{}");
    const empty = join(inFolder("tmp"), "muniment-drill-empty");
    await mkdir(empty, { mode: 0o700 });
    const longAgo = new Date(Date.now() - 61_000);
    for (const old of [clearing.place, empty, open.place]) await utimes(old, longAgo, longAgo);
    const begun = await plantDrill("begun", { home: victim });
    await rm(join(begun.data, "restoring"));
    const isRoot = process.getuid?.() === 0;
    if (isRoot) {
      const another = await plantDrill("anothers", { home: victim });
      await chown(another.place, 65_534, 65_534);
      const anothersData = await plantDrill("anothers-data", { home: victim });
      await chown(anothersData.data, 65_534, 65_534);
    }

    expect(await call([...argv(), "--drill"], { env })).toMatchObject({ exitCode: 0 });
    expect(existsSync(join(victim, "postgres"))).toBe(true);
    expect(existsSync(planted.place)).toBe(false);
    expect(existsSync(inFolder("elsewhere/data/restoring"))).toBe(true);
    expect((await ofDrills()).sort()).toEqual(
      [
        ...(isRoot ? ["anothers", "anothers-data"] : []),
        ...["begun", "link", "linked-data", "open", "open-data", "stuck"],
      ].map((name) => `muniment-drill-${name}`),
    );
    expect(existsSync(left)).toBe(false);
    const living = (await listProcesses()).filter(({ command }) => command.includes(left));
    expect(living).toEqual([]);
  });
});

test("a backup that is killed leaves no name, and what it leaves goes when nobody writes it", async () => {
  const place = inFolder("backups");
  await mkdir(place);
  const env = envOf(server.dataDir, server.databaseFacts);
  const make = () => call(["backup", place, "--unencrypted", "--json"], { env });
  const blocker = await server.owner.reserve();
  await blocker`begin`;
  await blocker`lock table webhooks in access exclusive mode`;
  const { kill } = startCommand(["backup", place, "--unencrypted"], env);
  await expect.poll(() => readdir(place), { timeout: 60_000 }).toHaveLength(1);
  await kill();
  await blocker`rollback`;
  blocker.release();
  const [part = ""] = await readdir(place);
  expect(part).toMatch(/\.backup\.[0-9a-f]{12}\.part$/);
  // It may be another's that is under way.
  expect((await make()).exitCode).toBe(0);
  expect(await readdir(place)).toContain(part);
  const others = ["notes.part", "muniment-20200101T000000Z.backup"];
  const longAgo = new Date(Date.now() - 16 * 60_000);
  for (const name of others) await writeFile(join(place, name), "");
  // What cannot be removed, as another user's, is no reason to make none.
  const stays = "muniment-20200101T000000Z.backup.0123456789ab.part";
  await mkdir(join(place, stays));
  for (const name of [part, stays, ...others]) await utimes(join(place, name), longAgo, longAgo);
  // Two of the same second have the same name.
  await expect.poll(async () => (await make()).exitCode, { interval: 300 }).toBe(0);
  const names = await readdir(place);
  expect(names).not.toContain(part);
  expect(names).toEqual(expect.arrayContaining(others));
  expect(names.filter((name) => name.endsWith(".part")).sort()).toEqual([stays, "notes.part"]);
});

test("a name that was taken for a backup that was killed counts for none of those to keep", async () => {
  const place = inFolder("names");
  await mkdir(place);
  const nameOf = (year: number) => `muniment-${year}0101T000000Z.backup`;
  for (const year of [2020, 2022]) await writeFile(join(place, nameOf(year)), "whole");
  for (const year of [2021, 2023]) await writeFile(join(place, nameOf(year)), "");
  const made = join(place, nameOf(2022));
  expect(await pruneBackups(made, 2)).toEqual([]);
  expect(await pruneBackups(made, 1)).toEqual([nameOf(2020)]);
  expect((await readdir(place)).sort()).toEqual([2021, 2022, 2023].map(nameOf));
});

test("a backup for a recipient that is none is refused, and its process ends", async () => {
  const place = inFolder("for-nobody");
  await mkdir(place);
  const env = envOf(server.dataDir, server.databaseFacts);
  const { ended } = startCommand(["backup", place, "--recipient", "age1mistyped"], env);
  expect(await ended).toEqual([1, null]);
  expect(await readdir(place)).toEqual([]);
});

test("a name that is taken at the last moment is not taken away, whether or not there are links", async () => {
  const [mine, taken, free] = ["mine", "taken", "free"].map(inFolder) as [string, string, string];
  const noLinks = () => Promise.reject(Object.assign(new Error("no links"), { code: "EPERM" }));
  for (const makeLink of [undefined, noLinks]) {
    await writeFile(mine, "mine");
    await writeFile(taken, "another's");
    await expect(nameExclusively(mine, taken, makeLink)).rejects.toThrow(BackupProblem);
    expect(await readFile(taken, "utf8")).toBe("another's");
    await nameExclusively(mine, free, makeLink);
    expect(await readFile(free, "utf8")).toBe("mine");
    expect(existsSync(mine)).toBe(false);
    await rm(free);
  }
});

describe("a move that is killed", () => {
  const source = () => inFolder("moved");
  const move = (url: string) => ["move-to-postgres", "--url-file", url, "--json"];
  beforeAll(async () => {
    expect(await call(argv(), { env: envOf(source()) })).toMatchObject({ exitCode: 0, stderr: "" });
  });

  test.each([
    ["before the commit", "entry"],
    ["after the commit", "commit"],
  ] as const)(
    "%s leaves the old database whole, and the next says where all is",
    async (_, where) => {
      await using target = await createEmptyDatabase();
      const env = envOf(source());
      const url = inFolder("url");
      await writeFile(url, `${envOf("", target.facts).DATABASE_URL}\n`);
      const hold = await holdAt(target.owner, "database.moved", where);
      const { kill } = startCommand(move(url), env);
      await hold.held();
      await kill();
      await hold.release();
      const again = await call(move(url), { env });
      expect(again).toMatchObject({ exitCode: 0, stderr: "" });
      const told = JSON.parse(again.stdout);
      const secretsToSet = ["JWT_SECRET", "API_KEY_SECRET", "ENCRYPTION_KEY", "AUDIT_SIGNING_KEY"];
      const fact = where === "entry" ? "verified" : "movedAt";
      const kind = where === "entry" ? Number : String;
      expect(told).toMatchObject({ ok: true, secretsToSet, [fact]: expect.any(kind) });
      // One of its entries for the restore, and where it was moved to one for the move.
      expect(await entriesOf(target.owner)).toHaveLength(2);
      const verified = await call(["verify", "--json"], { env });
      expect(JSON.parse(verified.stdout)).toMatchObject({ ok: true });
    },
  );

  test("is not said to have left nothing behind where the old database was given more", async () => {
    await using target = await createEmptyDatabase();
    const env = envOf(source());
    const url = inFolder("url");
    await writeFile(url, `${envOf("", target.facts).DATABASE_URL}\n`);
    expect(await call(move(url), { env })).toMatchObject({ exitCode: 0, stderr: "" });
    const more = "but the old one has more";
    const { owner, close } = await openInstallation(env, { alone: true });
    const old = connect(owner, { max: 1, applicationName: "test" });
    try {
      const find = () => findMove(target.facts, owner);
      expect(await find()).toBeInstanceOf(Date);
      // Events leave nothing in the audit log.
      await old`
        insert into receipts (user_id, batch_id, commit_xid, event_ids, event_times)
        select user_id, gen_random_uuid(), commit_xid, event_ids, event_times from receipts limit 1`;
      await expect(find()).rejects.toThrow(more);
      await old`delete from receipts where position = (select max(position) from receipts)`;
      expect(await find()).toBeInstanceOf(Date);
      await recordBackup(owner, { rows: 1, bytes: 1, encrypted: false });
      await expect(find()).rejects.toThrow(more);
      // Another installation has no part in it.
      expect(await findMove(target.facts, server.databaseFacts)).toBeNull();
    } finally {
      await old.end({ timeout: 2 });
      await close();
    }
    const problem = expect.stringContaining(more);
    expect(await call(move(url), { env })).toMatchObject({ exitCode: 1, stderr: problem });
  });
});
