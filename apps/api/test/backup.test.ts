import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { existsSync } from "node:fs";
import {
  chmod,
  copyFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  writeFile,
} from "node:fs/promises";
import { type AddressInfo, createConnection, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { requireEmpty } from "@muniment/db/backup/fresh-database.ts";
import { BackupDamaged, BackupProblem } from "@muniment/db/backup/problem.ts";
import { type ConnectionFacts, connect } from "@muniment/db/connection.ts";
import { type EmbeddedPostgres, startEmbeddedPostgres } from "@muniment/db/embedded/start.ts";
import fc from "fast-check";
import type postgres from "postgres";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openInstallation } from "../../cli/src/installation.ts";
import { call } from "../../cli/test/call.ts";
import { SectionSum } from "../src/backup/checked.ts";
import { inspectBackup, makeBackup } from "../src/backup/files.ts";
import { begin, beginning, dataFrames, end, ending } from "../src/backup/frames.ts";
import { createFolderSink } from "../src/backup/target-folder.ts";
import { databaseName } from "../src/boot.ts";
import { secretNames } from "../src/config.ts";
import { addElements, dropOldElements, loadKeyring, parseKeyring } from "../src/keyring.ts";
import type { Client } from "./client.ts";
import { createEmptyDatabase } from "./empty-database.ts";
import { wrongCounts } from "./events-recount.ts";
import { makeEvent, makeSender, searchAll, send } from "./events-sender.ts";
import { must, password, startTestServer, type TestServer } from "./harness.ts";
import { indexAll } from "./index-all.ts";
import { migrationsFolder } from "./postgres.ts";
import { downloadFile, uploadFile } from "./upload.ts";

const env = { RATE_LIMIT_USER_MAX: "100000", INGEST_RATE_LIMIT_MAX: "100000" };
let server: TestServer;
let folder: string;
let sender: Awaited<ReturnType<typeof makeSender>>;
let recipient: string;
let identity: string;

const urlOf = ({ host, port, username, password: secret, database }: ConnectionFacts) =>
  `postgres://${username}:${secret}@localhost:${port}/${database}?host=${host}`;
/** The environment of a command on the source. */
const ofSource = (): Record<string, string> => ofTarget(server.databaseFacts, server.dataDir);
const ofTarget = (facts: ConnectionFacts, dataDir: string) => ({
  DATABASE_URL: urlOf(facts),
  DATA_DIR: dataDir,
  MUNIMENT_MIGRATIONS: migrationsFolder,
});
async function moveFrom(dataDir: string, url: string, more = {}) {
  const file = inFolder("url");
  await writeFile(file, `${url}\n`, { mode: 0o600 });
  return call(["move-to-postgres", "--url-file", file, "--json"], {
    env: { DATA_DIR: dataDir, MUNIMENT_MIGRATIONS: migrationsFolder, ...more },
  });
}
const inFolder = (name: string) => join(folder, name);
const restoreInto = (dataDir: string, argv: string[]) =>
  call(["restore", ...argv], { env: { DATA_DIR: dataDir, MUNIMENT_MIGRATIONS: migrationsFolder } });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "muniment-backup-"));
  // So that a database's own user gets through, and all of it lies here.
  await chmod(folder, 0o711);
  server = await startTestServer({ env });
  await server.admin();
  sender = await makeSender(server);
  identity = inFolder("identity");
  const made = await call(["backup", "--make-identity", identity]);
  recipient = made.stdout.trim();
});
afterAll(async () => {
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

/** A server on what was restored into a DATA_DIR; what is looked at before has the owner's connection. */
async function startRestored(dataDir: string, lookBefore = async (_: postgres.Sql) => {}) {
  const keyring = JSON.parse(await readFile(join(dataDir, "keyring.json"), "utf8"));
  const postgres: EmbeddedPostgres = await startEmbeddedPostgres({
    dataDir,
    password: keyring.DATABASE_PASSWORD,
    log: () => {},
  });
  const databaseFacts = { ...postgres.connection, database: databaseName };
  const owner = connect(databaseFacts, { max: 2, applicationName: "test-owner" });
  await lookBefore(owner);
  const restored = await startTestServer({
    env,
    besides: { databaseFacts, owner, dataDir } as TestServer,
  });
  return {
    server: restored,
    async stop() {
      await restored.stop();
      await owner.end({ timeout: 2 });
      await postgres.stop();
    },
  };
}

const must200 = ({ status }: { status: number }) => expect(status).toBe(200);
const some = (count: number, fields: object = {}) =>
  Array.from({ length: count }, () => makeEvent({ message: "lantern", ...fields }));

test("a backup that was made while events came in is of one moment, and all of it works again", async () => {
  for (const _ of [1, 2, 3]) must200(await send(server, sender.key, some(100)));
  const file = must(await uploadFile(server, sender.member, "kept for later"));
  const leaver: Client & { email: string; id: string } = await server.member();
  await server.deps.sealer.seal();
  const admin = await server.admin();
  const checkpoint = must(await admin.query("audit.checkpoint")).note;
  await writeFile(inFolder("checkpoint"), checkpoint);

  // An entry that has no place yet, and one that somebody keeps from being found.
  const turn = await server.owner.reserve();
  await turn`select pg_advisory_lock(hashtext('muniment audit log'))`;
  const { id: late } = must(await sender.member.mutate("agents.create", { name: "late" }));
  const outcomes = () => server.owner`
    update audit_leaves l set outcome = case l.outcome when 'refused' then e.outcome else 'refused' end
    from audit_entries e where e.id = l.entry_id and l.index = 0`;
  await outcomes();

  let isComing = true;
  const coming = [0, 1].map(async () => {
    while (isComing) must200(await send(server, sender.key, some(20)));
  });
  const place = inFolder("first.backup.age");
  const made = await call(["backup", place, "--recipient", recipient, "--json"], {
    env: ofSource(),
  });
  isComing = false;
  await Promise.all(coming);
  await outcomes();
  await turn`select pg_advisory_unlock(hashtext('muniment audit log'))`;
  turn.release();
  expect([made.exitCode, made.stderr]).toEqual([0, ""]);
  const manifest = JSON.parse(made.stdout);
  expect((await stat(place)).mode & 0o777).toBe(0o600);
  expect((await readFile(place)).subarray(0, 21).toString()).toBe("age-encryption.org/v1");

  // What happens after it is not in it, but for the list of erasures, which is newer.
  must(await leaver.mutate("data.erase", { password }));
  await expect.poll(() => existsSync(join(server.dataDir, "erasures.jsonl"))).toBe(true);
  const dataDir = inFolder("restored");
  await mkdir(dataDir);
  await copyFile(join(server.dataDir, "erasures.jsonl"), join(dataDir, "erasures.jsonl"));

  const again = await restoreInto(dataDir, [place, "--identity", identity, "--json"]);
  expect([again.exitCode, again.stderr]).toEqual([0, ""]);
  expect(JSON.parse(again.stdout)).toMatchObject({ ok: true, tables: manifest.tables });

  const restored = await startRestored(dataDir, async (owner) => {
    // The log is this server's, of which only what has no place yet is looked at one by one.
    const [last] = await owner`
      select cluster = (select system_identifier::text from pg_control_system()) as here,
        (select count(*)::int from audit_entries where xact >= settled) as looked_at,
        (select count(*)::int from unsealed_audit_entries()) as waiting,
        (select index from audit_lookup where target_id = ${late}) as index
      from audit_checkpoints order by size desc limit 1`;
    expect(last).toEqual({
      here: true,
      looked_at: last?.waiting,
      waiting: last?.waiting,
      index: null,
    });
    expect(last?.waiting).toBeGreaterThan(1);
  });
  try {
    const { owner } = restored.server;
    const [sums] = await owner`
      select (select count(*) from events)::int as events,
        (select count(*) from event_ids)::int as ids,
        (select sum(cardinality(event_ids)) from receipts)::int as receipts,
        (select coalesce(sum(accepted), 0) from (
          select accepted from agent_counters union all
          select accepted from agent_counter_changes) all_counters)::int as counters`;
    const { events } = sums ?? {};
    expect(events).toBeGreaterThanOrEqual(300);
    expect(sums).toEqual({ events, ids: events, receipts: events, counters: events });
    expect(await wrongCounts(restored.server)).toEqual([]);

    // People, their sessions and keys.
    const member = await restored.server.signIn(sender.member.email);
    expect((await searchAll(member, { text: "lantern" })).length).toBe(events);
    expect(must(await member.query("sessions.list")).items.length).toBeGreaterThan(1);
    expect(await (await downloadFile(restored.server, member, file.id)).text()).toBe(
      "kept for later",
    );
    const gone = await restored.server
      .anonymous()
      .mutate("auth.signIn", { email: leaver.email, password });
    expect(gone.error?.data.reason).toBe("invalid_credentials");

    // Nothing of before lies behind what comes now, in a cluster that counts from lower on.
    const [behind] = await owner`
      select count(*)::int as count from receipts where commit_xid >= pg_snapshot_xmin(pg_current_snapshot())`;
    expect(behind?.count).toBe(0);
    expect((await send(restored.server, sender.key, some(1))).status).toBe(200);
    await indexAll(restored.server, sender.userId);

    // The log goes on where it was, and old proofs hold.
    await restored.server.deps.sealer.seal();
    expect(restored.server.deps.sealer.problem()).toBeNull();
    const verified = await call(["verify", "--json", "--checkpoint", inFolder("checkpoint")], {
      env: { DATA_DIR: dataDir },
    });
    expect(JSON.parse(verified.stdout)).toMatchObject({ ok: true, unsealed: 0 });
    const entries = await owner`select action from audit_entries where action = 'backup.restored'`;
    expect(entries).toHaveLength(1);

    const running = await moveFrom(dataDir, "postgres://127.0.0.1:1/nothing");
    expect(running).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining("stop it first"),
    });
  } finally {
    await restored.stop();
  }
});

test("the embedded database moves into another PostgreSQL, and stays as it is", async () => {
  const dataDir = inFolder("restored");
  await using target = await createEmptyDatabase();
  const { facts: databaseFacts, owner } = target;
  const url = urlOf(databaseFacts);
  // There a server wants from its environment what the keyring of an embedded database holds.
  const production = { NODE_ENV: "production", PUBLIC_URL: "https://muniment.example" };
  const moved = await moveFrom(dataDir, url, production);
  expect([moved.exitCode, moved.stderr]).toEqual([0, ""]);
  const { rows, tables, secretsToSet } = JSON.parse(moved.stdout);
  expect(secretsToSet).toEqual(secretNames);
  const again = await moveFrom(dataDir, url);
  expect(again).toMatchObject({ exitCode: 0, stderr: "" });
  expect(JSON.parse(again.stdout)).toEqual({
    ok: true,
    secretsToSet: secretNames,
    movedAt: expect.any(String),
  });

  const embedded = await call(["verify"], { env: { DATA_DIR: dataDir } });
  expect(embedded.exitCode).toBe(0);
  const there = await startTestServer({
    env,
    besides: { databaseFacts, owner, dataDir } as TestServer,
  });
  try {
    const member = await there.signIn(sender.member.email);
    const events = tables["public.events"].rows;
    expect((await searchAll(member, { text: "lantern" })).length).toBe(events);
    expect((await send(there, sender.key, some(1))).status).toBe(200);
    const acts = await owner`
      select details->>'rows' as rows from audit_entries where action = 'database.moved'`;
    expect(acts).toEqual([{ rows: String(rows) }]);
    // Once it is in use it is nobody's to move to.
    const late = await moveFrom(dataDir, url);
    expect(late).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("is not empty") });
  } finally {
    await there.stop();
  }
});

describe("what cannot be restored is refused before anything is made", () => {
  const made = () => inFolder("small.backup.age");
  const passphraseFile = () => inFolder("passphrase");
  const opener = async () => ({
    kind: "identities" as const,
    identities: (await readFile(identity, "utf8")).split("\n").filter((line) => /^AGE/.test(line)),
  });
  beforeAll(async () => {
    await writeFile(passphraseFile(), "six quiet lanterns by the sea\n", { mode: 0o600 });
    const { exitCode, stderr } = await call(["backup", made(), "--recipient", recipient], {
      env: ofSource(),
    });
    expect([exitCode, stderr]).toEqual([0, ""]);
  });

  /** Nothing is there after a restore that fails, and it says why. */
  async function refusal(file: string, argv = ["--identity", identity]) {
    const dataDir = inFolder("refused");
    const { exitCode, stdout, stderr } = await restoreInto(dataDir, [file, ...argv]);
    expect(existsSync(dataDir)).toBe(false);
    expect(stdout).toBe("");
    return { exitCode, stderr };
  }

  test("with another identity, a passphrase, or as if it were not encrypted", async () => {
    const other = inFolder("other-identity");
    await call(["backup", "--make-identity", other]);
    const says = (text: string) => ({ exitCode: 1, stderr: expect.stringContaining(text) });
    expect(await refusal(made(), ["--identity", other])).toEqual(says("this is not its identity"));
    expect(await refusal(made(), ["--passphrase-file", passphraseFile()])).toEqual(
      says("this is not its passphrase"),
    );
    expect(await refusal(made(), ["--unencrypted"])).toEqual(says("is encrypted"));
  });

  test("a wrong passphrase, and the right one opens it", async () => {
    const place = inFolder("by-passphrase.age");
    const env = { ...ofSource(), BACKUP_PASSPHRASE_FILE: passphraseFile() };
    expect(await call(["backup", place], { env })).toMatchObject({ exitCode: 0, stderr: "" });
    const wrong = inFolder("wrong-passphrase");
    await writeFile(wrong, "seven quiet lanterns by the sea\n");
    const refused = await refusal(place, ["--passphrase-file", wrong]);
    expect(refused).toEqual({
      exitCode: 1,
      stderr: expect.stringContaining("this is not its passphrase"),
    });
    const passphrase = "six quiet lanterns by the sea";
    const { manifest } = await inspectBackup(place, { kind: "passphrase", passphrase });
    expect(manifest.format).toBe(1);
  });

  test("cut off anywhere, longer, or with any byte changed", async () => {
    const whole = await readFile(made());
    const open = await opener();
    const place = inFolder("altered.age");
    const read = async (bytes: Buffer) => {
      await writeFile(place, bytes);
      await inspectBackup(place, open);
    };
    await read(whole);
    await fc.assert(
      fc.asyncProperty(
        fc.nat(whole.length - 1),
        fc.integer({ min: 1, max: 255 }),
        async (at, by) => {
          const altered = Buffer.from(whole);
          altered[at] = (altered[at] ?? 0) ^ by;
          await expect(read(altered)).rejects.toThrow(BackupProblem);
          await expect(read(whole.subarray(0, at))).rejects.toThrow(BackupProblem);
        },
      ),
      {
        numRuns: 40,
        examples: [
          [whole.length - 1, 1],
          [0, 1],
          [30, 1],
        ],
      },
    );
    await expect(read(Buffer.concat([whole, Buffer.alloc(1)]))).rejects.toThrow(BackupDamaged);
    expect(await refusal(place)).toEqual({
      exitCode: 1,
      stderr: expect.stringContaining("damaged"),
    });
  });

  /** A file whose sums are right, made by somebody else: a head as of a backup, and one file in it. */
  async function forge(change: object, name: string): Promise<string> {
    const { manifest } = await inspectBackup(made(), await opener());
    const { sections: _, filesGone: __, ...head } = manifest;
    const data = Buffer.from("from elsewhere");
    const sum = new SectionSum({ file: name });
    sum.add(data);
    async function* chunks() {
      yield data;
    }
    const frames = [beginning({ ...head, ...change }), begin({ file: name })];
    for await (const frame of dataFrames(chunks())) frames.push(frame);
    const sums = sum.end();
    frames.push(end(sums), ending({ sections: [{ name, ...sums }], filesGone: 0 }));
    const place = inFolder("forged.backup");
    await writeFile(place, gzipSync(Buffer.concat(frames)));
    return place;
  }

  test("from a newer version, or of a database that this one does not know", async () => {
    const says = (text: string) => ({ exitCode: 1, stderr: expect.stringContaining(text) });
    const asked = async (change: object) => refusal(await forge(change, "x"), ["--unencrypted"]);
    expect(await asked({ format: 2 })).toEqual(says("a newer version"));
    expect(await asked({ migrations: ["0".repeat(64)] })).toEqual(says("another version"));
  });

  test("with a file that would lie elsewhere", async () => {
    for (const name of ["../evil", "uploads/../../evil", "/tmp/evil", "postgres/PG_VERSION"]) {
      const dataDir = inFolder("refused");
      const sink = createFolderSink(dataDir);
      await expect(sink.file(name, Buffer.from("evil"))).rejects.toThrow("a file of the name");
    }
    await using target = await createEmptyDatabase();
    const secrets = Object.fromEntries(
      secretNames.map((one) => [one, randomBytes(36).toString("base64url")]),
    );
    const none = Object.fromEntries(secretNames.map((one) => [one, []]));
    const place = await forge({ keyring: false, fingerprints: none }, "../evil");
    const dataDir = inFolder("refused");
    const { exitCode, stderr } = await call(["restore", place, "--unencrypted"], {
      env: { ...ofTarget(target.facts, dataDir), ...secrets },
    });
    expect([exitCode, stderr]).toEqual([1, expect.stringContaining("a file of the name")]);
    expect(existsSync(dataDir)).toBe(false);
    expect(existsSync(inFolder("evil"))).toBe(false);
    // Its tables were made by then, and are gone again.
    await requireEmpty(target.owner);
  });

  test("into a place that is not empty", async () => {
    const dataDir = inFolder("in-use");
    await mkdir(dataDir);
    await writeFile(join(dataDir, "keyring.json"), "{}");
    const folderInUse = await restoreInto(dataDir, [made(), "--identity", identity]);
    expect(folderInUse.exitCode).toBe(1);
    expect(folderInUse.stderr).toContain("is not empty: it holds keyring.json");
    expect(await readdir(dataDir)).toEqual(["keyring.json"]);

    const database = await call(["restore", made(), "--identity", identity], {
      env: { ...ofSource(), DATA_DIR: inFolder("refused") },
    });
    expect(database.exitCode).toBe(1);
    expect(database.stderr).toContain("the database is not empty");
    expect(existsSync(inFolder("refused"))).toBe(false);
  });
});

test("without encryption only where that is said, and still nothing in it is altered unseen", async () => {
  const place = inFolder("plain.backup");
  const { exitCode } = await call(["backup", place, "--unencrypted"], { env: ofSource() });
  expect(exitCode).toBe(0);
  const plain = gunzipSync(await readFile(place));
  const altered = inFolder("plain-altered.backup");
  const at = plain.indexOf(sender.member.email);
  plain[at] = (plain[at] ?? 0) ^ 1;
  await writeFile(altered, gzipSync(plain));
  await expect(inspectBackup(altered, { kind: "none" })).rejects.toThrow("is not what was written");
  // Somebody could put it in the place of one that nobody can read.
  const refused = await restoreInto(inFolder("refused"), [place, "--identity", identity]);
  expect([refused.exitCode, refused.stderr]).toEqual([
    1,
    expect.stringContaining("is not encrypted"),
  ]);
});

test("into a database of one's own, where everybody has to sign in again", async () => {
  await using target = await createEmptyDatabase();
  const dataDir = inFolder("beside");
  const there = ofTarget(target.facts, dataDir);
  const argv = ["restore", inFolder("small.backup.age"), "--identity", identity, "--end-sessions"];
  // Secrets that are not those of before are told before anything is made.
  const others = { ENCRYPTION_KEY: randomBytes(36).toString("base64url") };
  const refused = await call(argv, { env: { ...there, ...others } });
  expect([refused.exitCode, refused.stderr]).toEqual([
    1,
    expect.stringContaining("ENCRYPTION_KEY: not what the backup was made under. Unset it"),
  ]);
  expect(existsSync(dataDir)).toBe(false);
  expect(await call(argv, { env: there })).toMatchObject({ exitCode: 0, stderr: "" });
  const rows = await target.owner`
    select (select count(*) from sessions)::int as sessions, (select count(*) from users)::int as users`;
  expect(rows).toEqual([{ sessions: 0, users: expect.any(Number) }]);
  expect((await stat(join(dataDir, "keyring.json"))).mode & 0o777).toBe(0o600);
});

/** Has a database refuse an entry of the audit log, as soon as there is a table for it. */
async function refuseEntries(owner: postgres.Sql, action: string) {
  await owner.unsafe(`
    create function refuse() returns trigger language plpgsql as
      $$ begin raise exception 'no entry today'; end $$;
    create function prepare_refusal() returns event_trigger language plpgsql as $$ begin
      if to_regclass('public.audit_entries') is null
        or exists (select from pg_trigger where tgname = 'refusal') then return; end if;
      create trigger refusal before insert on public.audit_entries
        for each row when (new.action = '${action}') execute function refuse();
    end $$;
    create event trigger refusal on ddl_command_end when tag in ('CREATE TABLE')
      execute function prepare_refusal()`);
}

test("what cannot be entered in the audit log is not restored or moved", async () => {
  await using target = await createEmptyDatabase();
  const dataDir = inFolder("refused");
  await refuseEntries(target.owner, "backup.restored");
  const argv = ["restore", inFolder("small.backup.age"), "--identity", identity];
  const restored = await call(argv, { env: ofTarget(target.facts, dataDir) });
  expect([restored.exitCode, restored.stderr]).toEqual([
    1,
    expect.stringContaining("no entry today"),
  ]);
  await requireEmpty(target.owner);
  expect(existsSync(dataDir)).toBe(false);

  await using other = await createEmptyDatabase();
  await refuseEntries(other.owner, "database.moved");
  const moved = await moveFrom(inFolder("restored"), urlOf(other.facts));
  expect([moved.exitCode, moved.stderr]).toEqual([1, expect.stringContaining("no entry today")]);
  await requireEmpty(other.owner);
});

/** A way to PostgreSQL that is cut off once, when it was filled, has been asked to commit, and answers. */
async function startCuttingProxy({ host, port }: ConnectionFacts) {
  let isCut = false;
  const proxy = createServer((client) => {
    const there = createConnection(join(host, `.s.PGSQL.${port}`));
    let isFilling = false;
    let isCommitting = false;
    client.on("data", (data: Buffer) => {
      const text = data.toString("latin1");
      isFilling ||= text.includes("copy ");
      isCommitting ||= isFilling && /(?:^|[^a-z_])commit\0/.test(text);
      there.write(data);
    });
    there.on("data", (data: Buffer) => {
      if (!isCommitting || isCut) return client.write(data);
      isCut = true;
      client.destroy();
      return there.destroy();
    });
    for (const [one, other] of [
      [client, there],
      [there, client],
    ] as const) {
      one.on("error", () => {});
      one.on("close", () => other.destroy());
    }
  });
  await once(proxy.listen(0, "127.0.0.1"), "listening");
  return { port: (proxy.address() as AddressInfo).port, stop: () => proxy.close() };
}

test("what may be committed is kept, and said, where the connection is lost before the answer", async () => {
  await using target = await createEmptyDatabase();
  const proxy = await startCuttingProxy(target.facts);
  const dataDir = inFolder("unanswered");
  const { username, password: secret, database } = target.facts;
  const argv = ["restore", inFolder("small.backup.age"), "--identity", identity];
  const { exitCode, stderr } = await call(argv, {
    env: {
      ...ofTarget(target.facts, dataDir),
      DATABASE_URL: `postgres://${username}:${secret}@127.0.0.1:${proxy.port}/${database}?sslmode=disable`,
    },
  });
  proxy.stop();
  expect([exitCode, stderr]).toEqual([1, expect.stringContaining(`${dataDir} is kept`)]);
  expect(existsSync(join(dataDir, "keyring.json"))).toBe(true);
  const entries = await target.owner`
    select action from audit_entries where action = 'backup.restored'`;
  expect(entries).toHaveLength(1);
});

describe("a restore that is under way", () => {
  /** Starts one that goes no further than to the making of tables until `release`. */
  async function begin(dataDir: string) {
    const target = await createEmptyDatabase();
    const blocker = await target.owner.reserve();
    await target.owner.unsafe(`
      create function hold() returns event_trigger language plpgsql as
        $$ begin perform pg_advisory_xact_lock(42); end $$;
      create event trigger holding on ddl_command_end execute function hold()`);
    await blocker`select pg_advisory_lock(42)`;
    const run = () =>
      call(["restore", inFolder("small.backup.age"), "--identity", identity], {
        env: ofTarget(target.facts, dataDir),
      });
    const waiting = async () => {
      const [row] = await target.owner`
        select count(*)::int as count from pg_locks
        where locktype = 'advisory' and not granted and database = (
          select oid from pg_database where datname = current_database())`;
      return row?.count;
    };
    const first = run();
    await expect.poll(waiting).toBe(1);
    const release = async () => {
      await blocker`select pg_advisory_unlock_all()`;
      blocker.release();
    };
    return { target, first, run, waiting, release };
  }

  test("is not disturbed by a second one, nor by a start of the server", async () => {
    const dataDir = inFolder("twice");
    const { target, first, run, waiting, release } = await begin(dataDir);
    await using _ = target;
    const second = run();
    let isOver = false;
    void second.then(() => {
      isOver = true;
    });
    await expect.poll(async () => isOver || (await waiting()) === 2).toBe(true);
    const none = { JWT_SECRET: [], API_KEY_SECRET: [], ENCRYPTION_KEY: [], AUDIT_SIGNING_KEY: [] };
    const started = await Promise.allSettled([(async () => loadKeyring(dataDir, none))()]);
    await release();
    expect(await first).toMatchObject({ exitCode: 0, stderr: "" });
    expect(await second).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining("another restore into DATA_DIR"),
    });
    expect(started).toMatchObject([{ status: "rejected" }]);
    expect((await readdir(dataDir)).sort()).toEqual(["erasures.jsonl", "keyring.json", "uploads"]);
    loadKeyring(dataDir, none);
  });

  test("leaves all as it was where it fails at its end", async () => {
    const dataDir = inFolder("fails-late");
    await mkdir(dataDir);
    const list = join(dataDir, "erasures.jsonl");
    await writeFile(list, "what was here\n");
    const { target, first, release } = await begin(dataDir);
    await using _ = target;
    // No start makes it now; whoever does is in the way of the last step.
    await writeFile(join(dataDir, "keyring.json"), "{}");
    await release();
    expect(await first).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining("keyring.json"),
    });
    expect(await readFile(list, "utf8")).toBe("what was here\n");
    expect(await readdir(dataDir)).toEqual(["erasures.jsonl"]);
    await requireEmpty(target.owner);
  });
});

test("tells to set a secret that only the environment of its server had", async () => {
  const { ENCRYPTION_KEY } = JSON.parse(
    await readFile(join(server.dataDir, "keyring.json"), "utf8"),
  );
  const given = { ENCRYPTION_KEY: `${randomBytes(36).toString("base64url")},${ENCRYPTION_KEY}` };
  const place = inFolder("partly-its-own.age");
  const env = { ...ofSource(), ...given };
  const made = await call(["backup", place, "--recipient", recipient], { env });
  expect(made).toMatchObject({ exitCode: 0, stderr: "" });
  const { stderr } = await restoreInto(inFolder("refused"), [place, "--identity", identity]);
  expect(stderr).toContain("ENCRYPTION_KEY: not what the backup was made under. Set it as it was");
});

test("is not made without the secrets of the server, for nobody could use it", async () => {
  const other = randomBytes(36).toString("base64url");
  const place = inFolder("useless.age");
  for (const name of ["ENCRYPTION_KEY", "AUDIT_SIGNING_KEY", "API_KEY_SECRET"]) {
    const env = { ...ofSource(), [name]: other };
    const { exitCode, stderr } = await call(["backup", place, "--recipient", recipient], { env });
    expect([exitCode, stderr]).toEqual([
      1,
      expect.stringContaining(`${name}: not what the server`),
    ]);
    expect(existsSync(place)).toBe(false);
    // Who dropped an element by hand has the server's environment, and is told what else it is.
    expect(stderr.includes("an element that they need was dropped from it")).toBe(
      name === "API_KEY_SECRET",
    );
  }
});

test("holds the keyring that it was begun with, where older elements are dropped meanwhile", async () => {
  const dataDir = inFolder("rotated");
  await mkdir(dataDir);
  await copyFile(join(server.dataDir, "keyring.json"), join(dataDir, "keyring.json"));
  addElements(dataDir, ["ENCRYPTION_KEY"]);
  const { close, config, keyring, owner, rings, secrets } = await openInstallation(
    ofTarget(server.databaseFacts, dataDir),
  );
  dropOldElements(dataDir, ["ENCRYPTION_KEY"], rings);
  const source = { owner, dataDir: config.dataDir, keyring, secrets, uploads: "bucket" } as const;
  const place = inFolder("rotated.backup");
  await makeBackup(place, source, { kind: "none" });
  await close();
  const made = await inspectBackup(place, { kind: "none" });
  const stored = parseKeyring(made.keyring?.toString("utf8") ?? "");
  expect(stored.ENCRYPTION_KEY).toEqual(rings.ENCRYPTION_KEY);
  expect(made.manifest.fingerprints).toEqual(secrets.fingerprints);
});

test("Ctrl-C leaves no file", async () => {
  const place = inFolder("interrupted");
  await mkdir(place);
  const { exitCode, stderr } = await call(["backup", place, "--recipient", recipient], {
    env: ofSource(),
    signal: AbortSignal.abort(),
  });
  expect([exitCode, stderr]).toEqual([1, "muniment backup: interrupted\n"]);
  expect(await readdir(place)).toEqual([]);
});

test("a drill restores, verifies and leaves nothing", async () => {
  const before = (await readdir(tmpdir())).filter((name) => name.startsWith("muniment-drill-"));
  const { exitCode, stdout, stderr } = await call(
    ["restore", inFolder("small.backup.age"), "--identity", identity, "--drill"],
    { env: ofSource() },
  );
  expect([exitCode, stderr]).toEqual([0, ""]);
  expect(stdout).toContain("can be restored");
  const after = (await readdir(tmpdir())).filter((name) => name.startsWith("muniment-drill-"));
  expect(after.filter((name) => !before.includes(name))).toEqual([]);
});

test("a folder keeps the newest, and what is there is never overwritten", async () => {
  const place = inFolder("kept");
  await mkdir(place);
  const olds = ["20200101T000000Z", "20210101T000000Z"].map((at) => `muniment-${at}.backup.age`);
  for (const name of [...olds, "notes.txt"]) await writeFile(join(place, name), "old");
  const argv = ["--recipient", recipient, "--json"];
  const first = await call(["backup", place, ...argv, "--keep", "2"], { env: ofSource() });
  expect(JSON.parse(first.stdout)).toMatchObject({ ok: true, deleted: [olds[0]] });
  expect((await readdir(place)).length).toBe(3);

  const again = await call(["backup", join(place, olds[1] ?? ""), ...argv], { env: ofSource() });
  expect([again.exitCode, again.stderr]).toEqual([1, expect.stringContaining("is there already")]);
  expect(await readFile(join(place, olds[1] ?? ""), "utf8")).toBe("old");
  const none = await call(["backup", inFolder("none")], { env: ofSource() });
  expect([none.exitCode, none.stderr]).toEqual([2, expect.stringContaining("how to encrypt it")]);
});

test("a folder loses nothing where the clock went back", async () => {
  const place = inFolder("behind");
  await mkdir(place);
  const future = "muniment-29990101T000000Z.backup.age";
  await writeFile(join(place, future), "of the future");
  const argv = ["backup", place, "--recipient", recipient, "--keep", "1", "--json"];
  const { exitCode, stdout, stderr } = await call(argv, { env: ofSource() });
  const why = expect.stringContaining(`${future} counts as newer`);
  expect([exitCode, stderr]).toEqual([1, why]);
  const names = await readdir(place);
  expect(names).toHaveLength(2);
  // The backup is there all the same, and its report says where.
  const made = join(place, names.find((name) => name !== future) ?? "");
  expect(JSON.parse(stdout)).toMatchObject({ ok: false, path: made, deleted: [], problems: [why] });
});
