import { createHmac, randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { chmod, cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { requireEmpty } from "@muniment/db/backup/fresh-database.ts";
import { type ConnectionFacts, connect, parseConnectionUrl } from "@muniment/db/connection.ts";
import type postgres from "postgres";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { call } from "../../cli/test/call.ts";
import { consistencyProof } from "../src/audit/tree.ts";
import { formatSubmission } from "../src/witnesses/submission.ts";
import { type ExternalPostgres, hasPostgres, startExternalPostgres } from "./debian-postgres.ts";
import { createEmptyDatabase } from "./empty-database.ts";
import { makeEvent, makeSender, searchAll, send } from "./events-sender.ts";
import { must, password, startTestServer, type TestServer, type UserClient } from "./harness.ts";
import { growLog, newestOf } from "./log-growth.ts";
import { migrationsFolder } from "./postgres.ts";
import { startReceiver } from "./receiver.ts";
import { enrollTotp, totpApp } from "./totp-app.ts";
import { downloadFile, uploadFile } from "./upload.ts";

const now = () => new Date();
const serverEnv = { EGRESS_ALLOW: "127.0.0.1" };
let folder: string;
let server: TestServer;
let sender: Awaited<ReturnType<typeof makeSender>>;
let receiver: Awaited<ReturnType<typeof startReceiver>>;
let app: ReturnType<typeof totpApp>;
let webhook: { id: string; secret: string };
let fileId: string;
let backup: string;
const inFolder = (name: string) => join(folder, name);

type Target = { facts: ConnectionFacts; owner: postgres.Sql };
const envOf = (dataDir: string, facts?: ConnectionFacts): Record<string, string> => ({
  ...(facts
    ? {
        DATABASE_URL: `postgres://${facts.username}:${facts.password}@${facts.host.startsWith("/") ? "localhost" : facts.host}:${facts.port}/${facts.database}${facts.host.startsWith("/") ? `?host=${facts.host}` : ""}`,
      }
    : {}),
  DATA_DIR: dataDir,
  MUNIMENT_MIGRATIONS: migrationsFolder,
});
const restore = (file: string, env: Record<string, string>) =>
  call(["restore", file, "--unencrypted"], { env });

/** Makes a backup of the server as it is now. */
async function backUp(name: string) {
  const path = inFolder(name);
  const env = envOf(server.dataDir, server.databaseFacts);
  const made = await call(["backup", path, "--unencrypted"], { env });
  expect([made.exitCode, made.stderr]).toEqual([0, ""]);
  return path;
}

/** A server on what was restored, with what its environment says. */
const startOn = ({ facts, owner }: Target, dataDir: string, env: Record<string, string> = {}) =>
  startTestServer({
    env: { ...serverEnv, ...env },
    besides: { databaseFacts: facts, owner, dataDir } as TestServer,
  });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "muniment-elsewhere-"));
  // So that a database's own user gets through, and all of it lies here.
  await chmod(folder, 0o711);
  receiver = await startReceiver();
  server = await startTestServer({ env: serverEnv });
  await server.admin();
  sender = await makeSender(server);
  const { member, key } = sender;
  expect((await send(server, key, [makeEvent({ message: "lantern" })])).status).toBe(200);
  fileId = must(await uploadFile(server, member, "kept for later")).id;
  webhook = must(await member.mutate("webhooks.create", { name: "Pager", url: receiver.url }));
  ({ app } = await enrollTotp(member, now));
  await server.deps.sealer.seal();
  backup = await backUp("whole.backup");
});
afterAll(async () => {
  await server.stop();
  await receiver.stop();
  await rm(folder, { recursive: true, force: true });
});

/** What only the right elements of ENCRYPTION_KEY can open, and what only PostgreSQL can answer. */
async function expectAllOpens(there: TestServer, target: Target, env: Record<string, string>) {
  const person = there.anonymous();
  const { email } = sender.member;
  const { challenge } = must(await person.mutate("auth.signIn", { email, password }));
  await target.owner`update totp_factors set last_step = 0`;
  must(await person.mutate("auth.verifyMfa", { challenge, code: app.code() }));
  expect(await searchAll(person, { text: "lantern" })).toHaveLength(1);
  expect(await (await downloadFile(there, person, fileId)).text()).toBe("kept for later");
  receiver.received.length = 0;
  must(await person.mutate("webhooks.test", { id: webhook.id }));
  await expect.poll(() => receiver.received.length).toBe(1);
  const [sent] = receiver.received;
  const signature = sent?.headers["muniment-signature"] ?? "";
  const time = /^t=(\d+)/.exec(signature)?.[1];
  const mac = createHmac("sha256", webhook.secret).update(`${time}.${sent?.body}`).digest("hex");
  expect(signature).toContain(`v1=${mac}`);
  // Every entry's personal data is opened, and shown.
  const auditor = await there.user("admin");
  const { items } = must(await auditor.query("audit.search", { actions: ["webhook.created"] }));
  expect(items[0]).toMatchObject({ actor: { label: email } });
  const verified = await call(["verify", "--json"], { env });
  expect(JSON.parse(verified.stdout)).toMatchObject({ ok: true, wrong: null });
}

test("a backup of before a rotation opens with the old element and the new one, in either order", async () => {
  const { ENCRYPTION_KEY: old } = JSON.parse(
    await readFile(join(server.dataDir, "keyring.json"), "utf8"),
  );
  const added = randomBytes(36).toString("base64url");
  for (const ring of [`${old},${added}`, `${added},${old}`]) {
    await using target = await createEmptyDatabase();
    const dataDir = inFolder(`rotated-${ring.startsWith(old)}`);
    const rotated = { ENCRYPTION_KEY: ring };
    const env = { ...envOf(dataDir, target.facts), ...rotated };
    const alone = await restore(backup, { ...env, ENCRYPTION_KEY: added });
    expect(alone).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining("ENCRYPTION_KEY: not what the backup was made under"),
    });
    expect(await restore(backup, env)).toMatchObject({ exitCode: 0, stderr: "" });
    const there = await startOn(target, dataDir, rotated);
    try {
      await expectAllOpens(there, target, env);
    } finally {
      await there.stop();
    }
  }
});

/**
 * Made by an older version, at the migration 0039: an account with an authenticator and a webhook, two events,
 * a file, and the log.
 */
const older = fileURLToPath(new URL("backup-of-0039.backup", import.meta.url));
const ofOlder = { email: "member-82fa8dfb@example.org", totp: "RVYUCJNVFUHVCISBK3KAKS6UREG2HXJJ" };

test("a backup of an older version is brought up to this one, and all in it works", async () => {
  const made = gunzipSync(await readFile(older)).toString("latin1");
  expect(made).toContain('"product"');
  await using target = await createEmptyDatabase();
  const dataDir = inFolder("older");
  const env = envOf(dataDir, target.facts);
  expect(await restore(older, env)).toMatchObject({ exitCode: 0, stderr: "" });
  const there = await startOn(target, dataDir);
  try {
    const person = there.anonymous();
    const { challenge } = must(
      await person.mutate("auth.signIn", { email: ofOlder.email, password }),
    );
    await target.owner`update totp_factors set last_step = 0`;
    const { code } = totpApp(ofOlder.totp, now);
    must(await person.mutate("auth.verifyMfa", { challenge, code: code() }));
    const found = await searchAll(person, { text: "lantern" });
    expect(found).toHaveLength(2);
    const charted = must(
      await person.query("events.timeseries", {
        from: "2026-11-01T00:00:00.000Z",
        to: "2026-12-01T00:00:00.000Z",
        by: "level",
      }),
    );
    const counts = charted.buckets.map(({ count }: { count: number }) => count);
    expect(counts.reduce((sum: number, count: number) => sum + count, 0)).toBe(2);
    const verified = await call(["verify", "--json"], { env });
    expect(JSON.parse(verified.stdout)).toMatchObject({ ok: true, wrong: null });
  } finally {
    await there.stop();
  }
});

test("a backup of a newer version is refused before anything is made", async () => {
  const known = inFolder("migrations");
  await cp(migrationsFolder, known, { recursive: true });
  const journal = join(known, "meta/_journal.json");
  const { entries, ...rest } = JSON.parse(await readFile(journal, "utf8"));
  await writeFile(journal, JSON.stringify({ ...rest, entries: entries.slice(0, -1) }));
  await using target = await createEmptyDatabase();
  const dataDir = inFolder("newer");
  const env = { ...envOf(dataDir, target.facts), MUNIMENT_MIGRATIONS: known };
  const { exitCode, stderr } = await restore(backup, env);
  expect([exitCode, stderr]).toEqual([
    1,
    expect.stringContaining("restore it with that version or a newer one"),
  ]);
  expect(existsSync(dataDir)).toBe(false);
  await requireEmpty(target.owner);
});

describe.skipIf(!hasPostgres)("a PostgreSQL of another version, by TCP", () => {
  const secret = "superuser-of-this-test";
  let external: ExternalPostgres;
  beforeAll(async () => {
    external = await startExternalPostgres(secret);
  });
  afterAll(() => external?.stop());

  /** An empty database of an owner that is no superuser. */
  async function createTarget(name: string) {
    const admin = connect(parseConnectionUrl(external.url("postgres", secret, "postgres")), {
      max: 1,
      applicationName: "prepare",
    });
    await admin.unsafe(`create role owner_${name} login createrole password '${secret}'`);
    await admin.unsafe(`create database ${name} owner owner_${name}`);
    const [row] = await admin`show server_version_num`;
    await admin.end({ timeout: 2 });
    const url = external.url(`owner_${name}`, secret, name);
    const facts = parseConnectionUrl(url);
    const owner = connect(facts, { max: 2, applicationName: "test-owner" });
    return { url, facts, owner, version: Number(row?.server_version_num) };
  }

  test("takes a backup of the embedded one, and all of it works there", async () => {
    const target = await createTarget("restored");
    expect(target.version).toBeGreaterThanOrEqual(150_000);
    const dataDir = inFolder("restored-external");
    const env = { ...envOf(dataDir), DATABASE_URL: target.url };
    expect(await restore(backup, env)).toMatchObject({ exitCode: 0, stderr: "" });
    const there = await startOn(target, dataDir);
    try {
      await expectAllOpens(there, target, env);
      expect((await send(there, sender.key, [makeEvent({})])).status).toBe(200);
    } finally {
      await there.stop();
      await target.owner.end({ timeout: 2 });
    }
  });

  test("takes the embedded one that moves there, and all of it works there", async () => {
    const target = await createTarget("moved");
    const dataDir = inFolder("moved-external");
    expect(await restore(backup, envOf(dataDir))).toMatchObject({ exitCode: 0, stderr: "" });
    const file = inFolder("url");
    await writeFile(file, `${target.url}\n`, { mode: 0o600 });
    const moved = await call(["move-to-postgres", "--url-file", file], { env: envOf(dataDir) });
    expect([moved.exitCode, moved.stderr]).toEqual([0, ""]);
    const there = await startOn(target, dataDir);
    try {
      await expectAllOpens(there, target, { ...envOf(dataDir), DATABASE_URL: target.url });
    } finally {
      await there.stop();
      await target.owner.end({ timeout: 2 });
    }
  });
});

describe("a witness that has seen more than the backup holds", () => {
  let witness: TestServer;
  let operator: UserClient;
  let admin: UserClient;
  let keys: string[];
  const key = async () => {
    const text = await (await witness.fetch("/witness/keys")).text();
    return text.split("\n")[0] ?? "";
  };
  const submit = async (
    of: TestServer,
    from: number,
    { note, size }: { note: string; size: number },
  ) => {
    const proof = await consistencyProof(of.deps.database.audit, from, size);
    const body = formatSubmission({ oldSize: from, proof, note });
    return (await witness.fetch("/witness/add-checkpoint", { method: "POST", body })).status;
  };
  const verify = async (env: Record<string, string>, ...argv: string[]) => {
    const from = ["--witness", `${witness.url}/witness`, "--witness-key", await key()];
    const { exitCode, stdout } = await call(["verify", "--json", ...from, ...argv], { env });
    return { exitCode, ...JSON.parse(stdout) };
  };

  beforeAll(async () => {
    witness = await startTestServer();
    operator = await witness.user("admin");
    admin = await server.user("admin");
    keys = (await (await server.fetch("/audit/keys")).text()).split("\n").filter(Boolean);
    must(await operator.mutate("witnesses.addLog", { keys }));
  });
  afterAll(() => witness?.stop());

  test("contradicts the restored log, which says why, until it forgets it and begins again", async () => {
    const before = await growLog(server, admin);
    expect(await submit(server, 0, before)).toBe(200);
    const early = inFolder("checkpoint-of-before");
    await writeFile(early, before.note);
    const place = await backUp("witnessed.backup");
    await growLog(server, admin);
    const seen = await growLog(server, admin);
    expect(await submit(server, before.size, seen)).toBe(200);

    await using target = await createEmptyDatabase();
    const dataDir = inFolder("witnessed");
    const env = envOf(dataDir, target.facts);
    expect(await restore(place, env)).toMatchObject({ exitCode: 0, stderr: "" });
    const [entry] = await target.owner`
      select at, details->>'createdAt' as "createdAt" from audit_entries where action = 'backup.restored'`;
    const says = `says that at ${entry?.at.toISOString()} the backup of ${entry?.createdAt} was restored`;
    const lost = `up to entry ${seen.size - 1} there, is lost`;
    const waiting = await verify(env, "--checkpoint", early);
    expect(waiting).toMatchObject({ exitCode: 1, confirmed: before.size });
    expect(waiting.wrong.reason).toContain(`has seen ${seen.size} entries`);
    expect(waiting.wrong.reason).toContain(`an entry that waits for its place ${says}`);
    expect(waiting.wrong.reason).toContain(lost);
    expect(waiting.wrong.reason).toContain(`Entries up to ${before.size - 1} are confirmed`);

    const there = await startOn(target, dataDir);
    try {
      const auditor = await there.user("admin");
      let grown = await newestOf(there);
      const [{ index }] = (await target.owner`
        select l.index::int from audit_leaves l join audit_entries e on e.id = l.entry_id
        where e.action = 'backup.restored'`) as unknown as [{ index: number }];
      const shorter = await verify(env);
      expect(shorter).toMatchObject({ exitCode: 1, wrong: { index } });
      expect(shorter.wrong.reason).toContain(`entry ${index} ${says}`);
      expect(shorter.wrong.reason).toContain(lost);
      expect(shorter.wrong.reason).toContain("nothing from outside confirms the entries before it");
      expect(shorter.wrong.reason).toContain(
        "Only that entry tells such a loss from a tail that somebody cut",
      );

      while (grown.size <= seen.size) grown = await growLog(there, auditor);
      const longer = await verify(env, "--checkpoint", early);
      expect(longer).toMatchObject({ exitCode: 1, wrong: { index } });
      expect(longer.wrong.reason).toContain(`entry ${index} ${says}`);
      expect(longer.wrong.reason).toContain(`Entries up to ${before.size - 1} are confirmed`);
      const told = await call(
        ["verify", "--checkpoint", early, "--witness", `${witness.url}/witness`],
        { env },
      );
      expect(told.stdout).toMatch(new RegExp(`^FAIL {2}first wrong index ${index}: `));
      expect(told.stdout).toContain(`${index} entries before it are what was sealed.`);

      // The witness stays with what it has seen, until its operator has it forget the log.
      expect(await submit(there, seen.size, grown)).not.toBe(200);
      const { items } = must(await operator.query("witnesses.logs"));
      must(await operator.mutate("witnesses.removeLog", { id: items[0].id }));
      must(await operator.mutate("witnesses.addLog", { keys }));
      expect(await submit(there, 0, grown)).toBe(200);
      const again = await verify(env, "--checkpoint", early);
      expect(again).toMatchObject({ exitCode: 0, ok: true, confirmed: grown.size });
    } finally {
      await there.stop();
    }
  });
});
