import { execFileSync } from "node:child_process";
import { createHmac } from "node:crypto";
import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { boot, type Running } from "@muniment/api/boot.ts";
import { parseConfig } from "@muniment/api/config.ts";
import { createEncryption } from "@muniment/api/encryption.ts";
import { newApiKey, storedHmac } from "@muniment/api/identity/api-key-format.ts";
import { createApiKeyLookup } from "@muniment/api/identity/api-keys.ts";
import { hashPassword } from "@muniment/api/identity/password.ts";
import { encryptedColumns } from "@muniment/api/key-rotation/encrypted-columns.ts";
import { reencrypt } from "@muniment/api/key-rotation/reencrypt.ts";
import { loadKeyring } from "@muniment/api/keyring.ts";
import { createLog } from "@muniment/api/log.ts";
import { deriveSecrets } from "@muniment/api/secrets.ts";
import { connect } from "@muniment/db/connection.ts";
import { openNote, parseVerifierKey } from "@muniment/verify/signed-note.ts";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { freePort } from "../../../../test/free-port.ts";
import { type Client, createClient } from "../../../api/test/client.ts";
import { must, password } from "../../../api/test/harness.ts";
import { startReceiver } from "../../../api/test/receiver.ts";
import { enrollTotp, type totpApp } from "../../../api/test/totp-app.ts";
import { call } from "../../test/call.ts";

// It starts a database and a server.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 180_000 });

const migrationsFolder = fileURLToPath(
  new URL("../../../../packages/db/migrations", import.meta.url),
);
const email = "admin@example.org";
const names = ["JWT_SECRET", "API_KEY_SECRET", "ENCRYPTION_KEY", "AUDIT_SIGNING_KEY"] as const;
/** The server's clock, which no test changes. */
const now = () => new Date(performance.timeOrigin + performance.now());

let place: string;
let env: Record<string, string>;
let url: string;
let running: Running;
let owner: ReturnType<typeof connect>;

async function start() {
  const parsed = parseConfig(env);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  const log = createLog("silent");
  running = await boot({ ...parsed, env, log, migrationsFolder, webDirectory: null, now });
  const embedded = running.embedded();
  if (!embedded) throw new Error("the embedded database is not running");
  const facts = { ...embedded.connection, database: "muniment" };
  owner = connect(facts, { max: 2, applicationName: "test-owner" });
}
async function stop() {
  await owner?.end({ timeout: 2 });
  await running?.stop();
}
async function restart() {
  await stop();
  await start();
}

const keyring = () => readFileSync(join(place, "data/keyring.json"), "utf8");
const depths = () => names.map((name) => [JSON.parse(keyring())[name]].flat().length);
const rotate = (...argv: string[]) => call(["rotate-keys", ...argv], { env });

type Ring = { name: string; retired?: boolean; dependents: { what: string; count: number }[] };
/** What an action says that depends on older elements of each ring. */
async function dependents(...action: string[]) {
  const { stdout } = await rotate(...action, "--json");
  const { rings } = JSON.parse(stdout) as { rings: Ring[] };
  const counts = (ring: Ring) => ring.dependents.map(({ what, count }) => [what, count]);
  return Object.fromEntries(rings.map((ring) => [ring.name, Object.fromEntries(counts(ring))]));
}
/** Rows of encrypted columns under the newest element of the keyring, and all of them. */
async function rowsUnderNewest() {
  const none = { JWT_SECRET: [], API_KEY_SECRET: [], ENCRYPTION_KEY: [], AUDIT_SIGNING_KEY: [] };
  const { rings } = loadKeyring(join(place, "data"), none);
  const { newestHead } = createEncryption(deriveSecrets(rings).encryption);
  const counts: Record<string, [number, number]> = {};
  for (const { table, column } of encryptedColumns) {
    const [row] = await owner`
      select count(*) filter (where starts_with(${owner(column)}, ${newestHead}))::int as newest,
        count(${owner(column)})::int as all from ${owner(table)}`;
    counts[`${table}.${column}`] = [row?.newest, row?.all];
  }
  return counts;
}

let cookie = "";
const at = (): Client => Object.assign(createClient(url), { cookie });
const bearer = (token: string) => createClient(url, { authorization: `Bearer ${token}` });
const statusOf = async (token: string, path: string) => (await bearer(token).query(path)).status;

let app: ReturnType<typeof totpApp>;
let webhook: { id: string; secrets: string[] };
let keys: Record<"used" | "usedId" | "unused" | "unusedId", string>;
let tokens: { accessToken: string; refreshToken: string };
let cursor: string;
let erasureId: string;
let receiver: Awaited<ReturnType<typeof startReceiver>>;

async function makeWebhook(admin: Client) {
  const { id, secret } = must(
    await admin.mutate("webhooks.create", { name: "Pager", url: receiver.url }),
  );
  const rotated = must(await admin.mutate("webhooks.rotateSecret", { id, overlapSeconds: 86_400 }));
  return { id, secrets: [rotated.secret, secret] };
}

async function eraseSomebody(admin: Client): Promise<string> {
  const passwordHash = await hashPassword(password, running.deps.config.argon2);
  const [row] = await owner`
    insert into users (id, email, display_name, role, password_hash, created_at)
    values (gen_random_uuid(), 'gone@example.org', 'Gone', 'member', ${passwordHash}, now()) returning id`;
  const erased = must(await admin.mutate("users.delete", { id: row?.id }));
  await vi.waitUntil(
    async () => (await owner`select 1 from erasures where cleaned_at is not null`).length === 1,
    { timeout: 60_000, interval: 50 },
  );
  return erased.erasureId;
}

beforeAll(async () => {
  place = await mkdtemp("/tmp/rotate-keys-");
  // The database's own user must reach what lies in it.
  await chmod(place, 0o711);
  receiver = await startReceiver();
  const port = await freePort();
  url = `http://127.0.0.1:${port}`;
  env = {
    DATA_DIR: join(place, "data"),
    PORT: String(port),
    EGRESS_ALLOW: "127.0.0.1",
    AUTH_RATE_LIMIT_MAX: "1000",
    AUDIT_CHECKPOINT_FILE: join(place, "checkpoints"),
  };
  await start();
  const admin = at();
  const token = running.setupLink?.split("#token=")[1];
  must(await admin.mutate("setup.createAdmin", { token, email, password, displayName: "Ada" }));
  const enrolled = await enrollTotp(admin, now);
  app = enrolled.app;
  const [code] = enrolled.recoveryCodes;
  tokens = must(await createClient(url).mutate("tokens.issue", { email, password, code }));
  const agent = must(await admin.mutate("agents.create", { name: "agent" }));
  must(await admin.mutate("agents.create", { name: "another" }));
  const input = { agentId: agent.id, name: "key", scopes: ["events:read"] };
  const [used, unused] = [
    must(await admin.mutate("apiKeys.create", input)),
    must(await admin.mutate("apiKeys.create", input)),
  ];
  keys = { used: used.key, usedId: used.id, unused: unused.key, unusedId: unused.id };
  webhook = await makeWebhook(admin);
  ({ nextCursor: cursor } = must(await admin.query("agents.list", { limit: 1 })));
  erasureId = await eraseSomebody(admin);
  must(await admin.mutate("account.beginTotp"));
  // An address without an account, of which the log tells under a key of its own.
  await createClient(url).mutate("auth.signIn", { email: "nobody@example.org", password });
  const witness = "01890000-0000-7000-8000-0000000000ff";
  const secret = running.deps.encryption.encrypt("x".repeat(40), `witnesses.secret:${witness}`);
  await owner`
    insert into witnesses (id, kind, target, secret, every_seconds, created_at, next_attempt_at)
    values (${witness}, 'webhook', ${receiver.url}, ${secret}, 3600, now(), now() + interval '1 day')`;
  // More than fit into a batch.
  const wrapped = Array.from({ length: 1100 }, (_, index) => {
    const id = `01890000-0000-7000-8000-${String(index).padStart(12, "0")}`;
    return { id, wrapped: running.deps.encryption.encrypt("k".repeat(44), `data_keys:${id}`) };
  });
  await owner`
    insert into data_keys (id, subject, wrapped, created_at)
    select id, 'month:' || id, wrapped, now()
    from json_to_recordset(${JSON.stringify(wrapped)}::text::json) as made (id uuid, wrapped text)`;
  cookie = admin.cookie;
});
afterAll(async () => {
  await stop();
  await receiver?.stop();
  await rm(place, { recursive: true, force: true, maxRetries: 20 });
});

const columns = encryptedColumns.map(({ table, column }) => `${table}.${column}`);

test("a rotation adds an element to each ring, shows none, and the running server goes on", async () => {
  const rows = await rowsUnderNewest();
  for (const column of columns) expect([column, rows[column]?.[1]]).not.toEqual([column, 0]);
  const { exitCode, stdout, stderr } = await rotate();
  expect([exitCode, stderr]).toEqual([0, ""]);
  expect(depths()).toEqual([2, 2, 2, 2]);
  expect(statSync(join(place, "data/keyring.json")).mode & 0o777).toBe(0o600);
  for (const element of Object.values(JSON.parse(keyring())).flat())
    expect(stdout).not.toContain(element);
  expect(must(await at().query("auth.me")).email).toBe(email);
  expect(await statusOf(keys.used, "events.search")).toBe(200);
});

const removeFactors = (address: string) =>
  call(["admin", "remove-factors", address, "--json"], {
    env: { ...env, MUNIMENT_MIGRATIONS: migrationsFolder },
  });
async function personWithFactor(address: string): Promise<string> {
  const [row] = await owner`
    insert into users (id, email, display_name, role, password_hash, second_factor_at, created_at)
    values (gen_random_uuid(), ${address}, 'Lost', 'member', 'none', now(), now()) returning id`;
  return row?.id;
}

test("what commands make before the restart, the running server can read", async () => {
  const id = await personWithFactor("lost@example.org");
  expect((await removeFactors("lost@example.org")).exitCode).toBe(0);
  const made = await call(["backup", join(place, "backup"), "--unencrypted"], { env });
  expect([made.exitCode, made.stderr]).toEqual([0, ""]);
  // Its mail is sent, and what is done to the person afterwards gets into the log.
  const mails = () => owner`select attempts, last_error from jobs where queue = 'mail'`;
  await expect.poll(mails, { interval: 50 }).toEqual([]);
  must(await at().mutate("users.disable", { id }));
});

test("nothing is encrypted anew or dropped before a server has started with the newest elements", async () => {
  const before = keyring();
  const { exitCode, stderr } = await rotate("--reencrypt");
  expect([exitCode, stderr]).toEqual([1, expect.stringContaining("no server has started")]);
  for (const [newest] of Object.values(await rowsUnderNewest())) expect(newest).toBe(0);
  const retired = await rotate("--retire", "--accept");
  expect([retired.exitCode, retired.stderr]).toEqual([
    1,
    expect.stringContaining("no server has started"),
  ]);
  expect(keyring()).toBe(before);
});

/** What was made before the rotation. */
async function expectEverythingWorks() {
  expect(must(await at().query("auth.me")).email).toBe(email);
  expect(await statusOf(keys.used, "events.search")).toBe(200);
  const client = createClient(url);
  const { challenge } = must(await client.mutate("auth.signIn", { email, password }));
  await owner`update totp_factors set last_step = 0`;
  must(await client.mutate("auth.verifyMfa", { challenge, code: app.code() }));
  receiver.received.length = 0;
  must(await at().mutate("webhooks.test", { id: webhook.id }));
  await expect.poll(() => receiver.received.length).toBe(1);
  const [sent] = receiver.received;
  const parts = (sent?.headers["muniment-signature"] ?? "").split(",");
  const time = parts.find((part) => part.startsWith("t="))?.slice(2);
  const macs = webhook.secrets.map((secret) => {
    return `v1=${createHmac("sha256", secret).update(`${time}.${sent?.body}`).digest("hex")}`;
  });
  expect(parts).toEqual(expect.arrayContaining(macs));
  // Opens the personal data of every entry, too.
  const verified = await call(["verify", "--json"], { env });
  expect(JSON.parse(verified.stdout)).toMatchObject({ ok: true, wrong: null });
  const { note, verifierKeys } = must(
    await createClient(url).query("data.certificate", { id: erasureId }),
  );
  const known = verifierKeys.map(parseVerifierKey);
  expect((await openNote(note, known)).signedBy.length).toBeGreaterThan(0);
}

/** As where another node stores a key anew between this one's looks. */
async function expectFoundAcrossStoring() {
  const { database, secrets } = running.deps;
  const [newest, old] = secrets.apiKeyHmac;
  if (!newest || !old) throw new Error("the ring has one element");
  const store = (secret: Buffer) => {
    const { hmac, hmacKey } = storedHmac(keys.used, secret);
    return owner`update api_keys set hmac = ${hmac}, hmac_key = ${hmacKey} where id = ${keys.usedId}`;
  };
  await store(old);
  const racing: typeof database = {
    ...database,
    async run(...query) {
      const rows = await database.run(...query);
      await store(newest);
      return rows;
    },
  };
  const find = createApiKeyLookup(racing, secrets.apiKeyHmac);
  expect((await find(keys.used, now()))?.principal).toMatchObject({ keyId: keys.usedId });
}

test("after the next start all that was made before works, and stays what it was", async () => {
  await restart();
  await expectFoundAcrossStoring();
  expect(await statusOf(tokens.accessToken, "auth.me")).toBe(200);
  const { refreshToken } = tokens;
  tokens = must(await createClient(url).mutate("tokens.refresh", { refreshToken }));
  expect((await at().query("agents.list", { limit: 1, cursor })).status).toBe(200);
  await expectEverythingWorks();
});

test("what breaks off half way goes on where it stood, and ends with nothing under older elements", async () => {
  const { encryption } = running.deps;
  const stopping = new AbortController();
  await reencrypt(owner, encryption, { signal: stopping.signal, onBatch: () => stopping.abort() });
  expect((await rowsUnderNewest())["data_keys.wrapped"]?.[0]).toBeGreaterThanOrEqual(500);
  const killed = connect(
    { ...running.deps.owner },
    { max: 1, applicationName: "test-to-be-killed" },
  );
  const kill = () =>
    void owner`
      select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'test-to-be-killed'`.execute();
  await expect(reencrypt(killed, encryption, { onBatch: kill })).rejects.toThrow();
  await killed.end({ timeout: 2 });
  const { "data_keys.wrapped": left } = await rowsUnderNewest();
  expect(left?.[0]).toBeLessThan(left?.[1] ?? 0);
  expect((await dependents("--status")).ENCRYPTION_KEY).toMatchObject({
    "rows of data_keys.wrapped": expect.any(Number),
    "rows of totp_factors.secret": 1,
    "rows of totp_factors.pending_secret": 1,
    "rows of webhooks.secret": 1,
    "rows of webhooks.previous_secret": 1,
    "rows of witnesses.secret": 1,
  });
  // A row that somebody is changing, as nodes always do those of jobs, is waited for.
  const rows = "totp_factors.pending_secret";
  let done: ReturnType<typeof rotate> | undefined;
  await owner.begin(async (tx) => {
    await tx`select from totp_factors for update`;
    const { exitCode, stdout } = await rotate("--reencrypt");
    expect(exitCode).toBe(1);
    expect(stdout).toContain(
      `${rows}: 0 encrypted anew; 1 left that another transaction has locked`,
    );
    let isDone = false;
    done = rotate("--reencrypt").finally(() => {
      isDone = true;
    });
    const waiting = () => owner`
      select from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock' and query like '%totp_factors%'`;
    await expect.poll(async () => isDone || (await waiting()).length > 0).toBe(true);
  });
  expect((await done)?.exitCode).toBe(0);
  for (const [column, [newest, all]] of Object.entries(await rowsUnderNewest()))
    expect([column, newest]).toEqual([column, all]);
  await expectEverythingWorks();
});

const tokenText = "access tokens that an older element signed";
const keyText = "API keys that were not used since";
const strangerText =
  "keys of people without an account, which erasing an address finds by a hash under an older element";

test("an element that anything depends on is not dropped, and what and how many is said", async () => {
  // Checkpoints go to the file of the settings once a second.
  await expect.poll(async () => (await dependents("--status")).AUDIT_SIGNING_KEY).toEqual({});
  const { exitCode, stderr } = await rotate("--retire");
  expect(exitCode).toBe(1);
  for (const text of [tokenText, `1 ${keyText}`, `1 ${strangerText}`])
    expect(stderr).toContain(text);
  expect(depths()).toEqual([2, 2, 2, 1]);
  expect(await dependents("--retire", "--accept", "--only", "JWT_SECRET,API_KEY_SECRET")).toEqual({
    JWT_SECRET: { [tokenText]: null },
    API_KEY_SECRET: { [keyText]: 1 },
  });
  expect(depths()).toEqual([2, 2, 2, 1]);
  // One row that is under an older element, as where a change was under way, keeps it.
  const [older] =
    await owner`select id, wrapped from data_keys where subject like 'month:0%' limit 1`;
  const { rings } = loadKeyring(join(place, "data"), {
    ...{ JWT_SECRET: [], API_KEY_SECRET: [], ENCRYPTION_KEY: [], AUDIT_SIGNING_KEY: [] },
  });
  const [, old] = deriveSecrets(rings).encryption;
  const text = createEncryption(old ? [old] : []).encrypt("k".repeat(44), `data_keys:${older?.id}`);
  await owner`update data_keys set wrapped = ${text} where id = ${older?.id}`;
  expect(await dependents("--retire", "--accept", "--only", "ENCRYPTION_KEY")).toMatchObject({
    ENCRYPTION_KEY: { "rows of data_keys.wrapped": 1 },
  });
  expect(depths()).toEqual([2, 2, 2, 1]);
  await rotate("--reencrypt");
});

/** By which the running server opens connections, until it is restarted without the older elements. */
async function expectNoPasswordChanged() {
  const passwords = () => owner`select rolname, rolpassword from pg_authid order by rolname`;
  const before = await passwords();
  await personWithFactor("late@example.org");
  const { exitCode, stderr } = await removeFactors("late@example.org");
  expect([exitCode, stderr]).toEqual([1, expect.stringContaining("start the server")]);
  expect(await passwords()).toEqual(before);
}

test("once the last token has ended and keys were used or revoked, older elements go, and the rest works on", async () => {
  must(await at().mutate("apiKeys.revoke", { id: keys.unusedId }));
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 3_600_000 });
  const { exitCode, stderr } = await rotate("--retire", "--accept").finally(() =>
    vi.useRealTimers(),
  );
  expect([exitCode, stderr]).toEqual([0, ""]);
  expect(depths()).toEqual([1, 1, 1, 1]);
  const beforeRotation = tokens.accessToken;
  await expectNoPasswordChanged();
  await restart();
  await expectEverythingWorks();
  expect(await statusOf(beforeRotation, "auth.me")).toBe(200);
  const { items } = must(await at().query("audit.search", { actions: ["key_ring.rotated"] }));
  const changes = items.map(({ target, details }: (typeof items)[0]) => [
    target.id,
    details.added.length,
    details.removed.length,
  ]);
  expect(changes.sort()).toEqual(
    names
      .flatMap((name) => [
        [name, 0, 1],
        [name, 1, 0],
      ])
      .sort(),
  );
});

test("scan knows this installation's secrets, tells which keys work, and shows none of them", async () => {
  const element = JSON.parse(keyring()).ENCRYPTION_KEY;
  const stranger = newApiKey();
  const stdin = [element, keys.used, keys.unused, stranger.key].join("\n");
  const argv = ["scan", "--installation", "-"];
  const { exitCode, stdout } = await call([...argv, "--json"], { env, stdin });
  expect(exitCode).toBe(1);
  const { findings } = JSON.parse(stdout);
  expect(findings).toMatchObject([
    { line: 1, kind: "ring_element", shown: "ENCRYPTION_KEY" },
    { line: 2, kind: "api_key", key: { agent: "agent", name: "key", works: true } },
    // Under an element that is gone it is nobody's any more.
    { line: 3, kind: "api_key", key: null },
    { line: 4, kind: "api_key", shown: `${stranger.prefix}...`, key: null },
  ]);
  const plain = await call(argv, { env, stdin });
  expect(plain.stdout).toContain("WORKS: revoke it");
  for (const secret of stdin.split("\n")) {
    expect(stdout).not.toContain(secret);
    expect(plain.stdout).not.toContain(secret);
  }
  // Without being asked for, no installation is looked at.
  const alone = await call(["scan", "--json", "-"], { env, stdin });
  expect(JSON.parse(alone.stdout).findings.map(({ line }: { line: number }) => line)).toEqual([
    2, 3, 4,
  ]);
});

describe("scan --revoke", () => {
  const withMigrations = () => ({ ...env, MUNIMENT_MIGRATIONS: migrationsFolder });
  const revoke = (stdin: string | Readable, ...argv: string[]) =>
    call(["scan", "--revoke", ...argv], { env: withMigrations(), stdin });
  const entries = async () =>
    must(await at().query("audit.search", { actions: ["api_key.revoked"] })).items.filter(
      ({ actor }: { actor: { kind: string } }) => actor.kind === "system",
    );
  /** What somebody says at a terminal. */
  const typed = (line: string) => Object.assign(Readable.from([line]), { isTTY: true });

  test("asks somebody, and revokes nothing where nobody agrees or can be asked", async () => {
    expect(await revoke(keys.used, "-")).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining("or give --yes"),
    });
    expect((await revoke(typed("y\n"), "-")).exitCode).toBe(2);
    const leaked = join(place, "leaked.env");
    writeFileSync(leaked, `KEY=${keys.used}\nKEY=${keys.used}\n`);
    const declined = await revoke(typed("n\n"), leaked);
    expect(declined).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining("Revoke 1 key of this installation?"),
    });
    expect(await statusOf(keys.used, "events.search")).toBe(200);
    expect(await entries()).toEqual([]);
    expect((await call(["scan", "--yes", "-"], { env })).exitCode).toBe(2);
  });

  test("of a git history revokes a key that was taken out since, in the log as the system's", async () => {
    const repository = join(place, "repository");
    const git = (...argv: string[]) =>
      execFileSync("git", [
        "-C",
        repository,
        "-c",
        "user.name=a",
        "-c",
        "user.email=a@b.c",
        ...argv,
      ]);
    mkdirSync(repository);
    git("init", "--quiet");
    for (const text of [`KEY=${keys.used}\n`, "KEY=\n"]) {
      writeFileSync(join(repository, "settings.env"), text);
      git("add", "settings.env");
      git("commit", "--quiet", "--message", "settings");
    }
    expect((await revoke("", "--yes", join(repository, "settings.env"))).exitCode).toBe(0);
    const history = git("log", "-p").toString();
    const { exitCode, stdout } = await revoke(history, "--yes", "--json", "-");
    // Found where it was put in and where it was taken out, and nothing is left to be done.
    const report = JSON.parse(stdout);
    expect(report.findings).toMatchObject([{ key: { works: true } }, { key: { works: true } }]);
    expect(report.revoked).toEqual([{ id: keys.usedId, agent: "agent", name: "key" }]);
    expect(exitCode).toBe(0);
    expect(stdout).not.toContain(keys.used);
    await expect.poll(() => statusOf(keys.used, "events.search"), { timeout: 5000 }).toBe(401);
    expect(await entries()).toMatchObject([
      { target: { kind: "api_key", id: keys.usedId }, details: { prefix: keys.used.slice(0, 12) } },
    ]);
    const verified = await call(["verify", "--json"], { env });
    expect(JSON.parse(verified.stdout)).toMatchObject({ ok: true });
  });

  test("exits with 1 where anything else was found, and with 0 where all are revoked already", async () => {
    const again = await revoke(keys.used, "--yes", "-");
    expect(again).toMatchObject({ exitCode: 0, stdout: expect.stringContaining("works no more") });
    const stranger = newApiKey();
    const other = await revoke(`${keys.used}\n${stranger.key}`, "--yes", "--json", "-");
    expect([other.exitCode, JSON.parse(other.stdout).revoked]).toEqual([1, []]);
    expect(await entries()).toHaveLength(1);
  });
});
