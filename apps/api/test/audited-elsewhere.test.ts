import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { formatVerifierKey } from "@muniment/verify/signed-note.ts";
import { hash } from "@node-rs/bcrypt";
import { v7 as uuidv7 } from "uuid";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createCosigner } from "../src/audit/note-signer.ts";
import { recordSettings } from "../src/audit/record-settings.ts";
import { writeAuditEntry } from "../src/audit/write.ts";
import { eraseDue } from "../src/erasure/apply-ledger.ts";
import { destroyKeys } from "../src/erasure/destroy-keys.ts";
import { defineAuthJobs, passwordResetQueue } from "../src/features/auth/jobs.ts";
import { deliver } from "../src/features/webhooks/deliver.ts";
import { endRoles } from "../src/identity/end-roles.ts";
import { createFailedSignIns } from "../src/identity/failed-sign-ins.ts";
import { importUsers } from "../src/identity/import-users.ts";
import { removeLostFactors } from "../src/identity/remove-lost-factors.ts";
import { revokeFoundKey } from "../src/identity/revoke-found-key.ts";
import { addLogByCommand, addWitnessByCommand, nameFile } from "../src/witnesses/manage.ts";
import { breaking } from "./breaking.ts";
import { must, password, startTestServer, type TestServer, type UserClient } from "./harness.ts";
import { enrollTotp } from "./totp-app.ts";

let server: TestServer;
let person: UserClient;
beforeAll(async () => {
  server = await startTestServer();
  // Some of them are what is tried below, and would do it first.
  await server.deps.jobs.stop();
  await server.admin();
  person = await server.member();
});
afterAll(() => server.stop());

type Writer = {
  /** The file that writes the entry. */
  file: string;
  action: string;
  /** What is changed with it, as SQL that answers all of it. */
  state: string;
  /** The table of it whose change is made to fail. */
  table: string;
  /** Makes what there is to do; answers the act, which may be tried again. */
  prepare: () => Promise<() => Promise<unknown>>;
};

const all = (table: string) =>
  `select md5(string_agg(t::text, '' order by t::text)) as state from ${table} t`;
const usersOf = (columns: string) =>
  `select md5(string_agg((${columns})::text, '' order by id)) as state from users`;
/** Without what is noted of deliveries, which are tried meanwhile. */
const placesOfWitnesses =
  "select md5(string_agg(kind || target, '' order by id)) as state from witnesses";
const cosigner = (name: string) => createCosigner([Buffer.alloc(32, 9)], name);
const logKey = async () => (await (await server.fetch("/audit/keys")).text()).trimEnd();

/** Everything that writes entries beside the steps of a procedure. */
const writers: Writer[] = [
  {
    file: "identity/end-roles.ts",
    action: "user.role_ended",
    state: usersOf("role, role_until"),
    table: "users",
    async prepare() {
      const { id } = await server.user("auditor");
      await server.owner`update users set role_until = now() - interval '1 minute' where id = ${id}`;
      return endRoles(server.deps);
    },
  },
  {
    file: "identity/failed-sign-ins.ts",
    action: "account.locked",
    state: usersOf("locked_until is null"),
    table: "users",
    prepare: async () => async () => {
      const { database, dataKeys, notify, now } = server.deps;
      const failed = createFailedSignIns(database, dataKeys, notify, now);
      failed.note(person.email, "wrong_password", { address: "192.0.2.1", userAgent: "" }, 3600);
      await failed.flush();
    },
  },
  {
    file: "identity/failed-sign-ins.ts",
    action: "account.unlocked",
    state: usersOf("locked_until is null"),
    table: "users",
    async prepare() {
      await server.owner`update users set locked_until = now() where id = ${person.id}`;
      return server.deps.failedSignIns.unlock;
    },
  },
  {
    file: "identity/remove-lost-factors.ts",
    action: "user.factors_removed",
    state: all("totp_factors"),
    table: "users",
    async prepare() {
      const other = await server.member();
      await enrollTotp(other, () => new Date());
      return () => removeLostFactors(server.deps, other.email, server.deps.now);
    },
  },
  {
    file: "identity/revoke-found-key.ts",
    action: "api_key.revoked",
    state: all("api_keys"),
    table: "api_keys",
    async prepare() {
      const { id } = await server.apiKey(person);
      return () => revokeFoundKey(server.deps, { id, userId: person.id }, new Date());
    },
  },
  {
    file: "identity/import-users.ts",
    action: "user.imported",
    state: usersOf("email"),
    table: "users",
    async prepare() {
      const passwordHash = await hash(password, { cost: 10 });
      const line = JSON.stringify({ email: "i@example.org", displayName: "I", passwordHash });
      return () => importUsers(server.deps, line, { dryRun: false, now: new Date() });
    },
  },
  {
    file: "identity/credentials.ts",
    action: "account.password_rehashed",
    state: usersOf("password_hash"),
    table: "users",
    async prepare() {
      const { email, id } = await server.member();
      const imported = await hash(password, { cost: 10 });
      await server.owner`update users set password_hash = ${imported} where id = ${id}`;
      return () => server.anonymous().mutate("auth.signIn", { email, password });
    },
  },
  {
    file: "erasure/apply-ledger.ts",
    action: "data.erased",
    state: usersOf("id"),
    table: "users",
    async prepare() {
      const { id } = await server.member();
      await server.owner`update users set erase_at = now(), erasure_id = ${uuidv7()} where id = ${id}`;
      return () => eraseDue(server.deps);
    },
  },
  {
    file: "erasure/destroy-keys.ts",
    action: "data_keys.expired",
    state: all("data_keys"),
    table: "data_keys",
    async prepare() {
      const { database, dataKeys } = server.deps;
      const target = { kind: "mailbox", id: null, label: "stranger@example.org" };
      await database.transaction({}, (tx) =>
        writeAuditEntry(tx, dataKeys, {
          ...{ at: new Date(), principal: { kind: "anonymous" }, outcome: "success", target },
          ...{ action: "session.ended", details: {} },
        }),
      );
      const later = new Date(Date.now() + 86_400_000);
      return () => destroyKeys(server.deps, (tx) => dataKeys.expire(tx, later));
    },
  },
  {
    file: "features/auth/jobs.ts",
    action: "account.password_reset_sent",
    state: all("link_tokens"),
    table: "link_tokens",
    async prepare() {
      const queues = new Map<string, (payload: unknown) => Promise<void>>();
      const define = (queue: string, run: (payload: unknown) => Promise<void>) =>
        queues.set(queue, run);
      defineAuthJobs({ ...server.deps, jobs: { ...server.deps.jobs, define: define as never } });
      return async () => queues.get(passwordResetQueue)?.({ email: person.email });
    },
  },
  {
    file: "features/webhooks/deliver.ts",
    action: "webhook.disabled",
    state: "select md5(string_agg(enabled::text, '' order by id)) as state from webhooks",
    table: "webhooks",
    async prepare() {
      const place = { name: "h", url: "https://93.184.216.34/" };
      const { id } = must(await person.mutate("webhooks.create", place));
      const delivery = uuidv7();
      await server.owner`
        update webhooks set url = 'https://127.0.0.1:9/', failures = 1000,
          failing_since = now() - interval '30 days' where id = ${id}`;
      await server.owner`
        insert into webhook_deliveries (id, user_id, webhook_id, sequence, topic, body, status, attempts, created_at)
        values (${delivery}, ${person.id}, ${id}, 1, 'alert.raised', '{}', 'pending', '[]', now())`;
      return () => deliver(server.deps, person.id, delivery);
    },
  },
  {
    file: "witnesses/manage.ts",
    action: "witness.added",
    state: placesOfWitnesses,
    table: "witnesses",
    prepare: async () => () => nameFile(server.deps, "/somewhere/else"),
  },
  {
    file: "witnesses/manage.ts",
    action: "witness.added",
    state: placesOfWitnesses,
    table: "witnesses",
    async prepare() {
      const text = cosigner("w.example.org/witness").keys.map(formatVerifierKey).join();
      const key = { text, own: cosigner("own.example.org/witness") };
      return () => addWitnessByCommand(server.deps, "https://w.example.org/witness", key);
    },
  },
  {
    file: "witnesses/manage.ts",
    action: "witnessed_log.added",
    state: all("witnessed_logs"),
    table: "witnessed_logs",
    async prepare() {
      const key = await logKey();
      return () => addLogByCommand(server.deps, [key]);
    },
  },
  {
    file: "audit/record-settings.ts",
    action: "key_ring.rotated",
    state: "select count(*)::int as state from audit_entries where action = 'config.changed'",
    table: "audit_entries",
    async prepare() {
      const { secrets, config } = server.deps;
      const fingerprints = { ...secrets.fingerprints, JWT_SECRET: ["0123456789abcdef"] };
      return () => recordSettings(server.deps, config.settings, { ...secrets, fingerprints });
    },
  },
  {
    file: "audit/folding.ts",
    action: "call.refused",
    state: all("audit_refusals"),
    table: "audit_refusals",
    async prepare() {
      await person.query("users.list");
      await server.deps.folding.flush();
      await server.owner`update audit_refusals set minute = minute - interval '5 minutes'`;
      return server.deps.folding.close;
    },
  },
];

const entriesOf = async (action: string) =>
  (await server.owner`select count(*)::int from audit_entries where action = ${action}`)[0]?.count;

test.each(writers)("$action of $file is there with its change, or neither is", async (writer) => {
  const { action, state, table, prepare } = writer;
  const act = await prepare();
  const look = async () => [(await server.owner.unsafe(state))[0]?.state, await entriesOf(action)];
  const before = await look();
  // Some tell of it and some try again later; what they leave behind is what counts.
  const tried = () => act().catch(() => {});
  await breaking(server, "audit_entries", "insert", tried);
  expect(await look()).toEqual(before);
  // At the commit, when the entry was written already.
  await breaking(server, table, "commit", tried);
  expect(await look()).toEqual(before);
  await act();
  const [after, count] = await look();
  expect(after).not.toEqual(before[0]);
  expect(count).toBeGreaterThan(Number(before[1]));
});

test("nothing else writes entries, but the steps of a procedure", async () => {
  const source = fileURLToPath(new URL("../src/", import.meta.url));
  const files = (await readdir(source, { recursive: true })).filter((path) => path.endsWith(".ts"));
  const writing: string[] = [];
  for (const path of files.filter((path) => !path.startsWith("trpc/"))) {
    const text = await readFile(join(source, path), "utf8");
    const found = text.match(/writeAuditEntry\(|into audit_entries|insert\(auditEntries/g) ?? [];
    writing.push(...found.map(() => path));
  }
  // The function itself, the entry of settings that stands beside that of rings as its change, and what
  // tells of files: nothing of them is in the database.
  const others = ["audit/write.ts", "audit/record-settings.ts", "backup/record.ts"];
  expect(writing.sort()).toEqual([...writers.map(({ file }) => file), ...others].sort());
});
