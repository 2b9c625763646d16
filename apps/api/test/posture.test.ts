import { readFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import type { JudgedCheck, Posture } from "@muniment/shared/posture.ts";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { freePort } from "../../../test/free-port.ts";
import { recordBackup } from "../src/backup/record.ts";
import { createOwnPosture } from "../src/posture/own-posture.ts";
import { createSpaceTelling } from "../src/posture/tell-of-space.ts";
import { tellOfChecks, watchPosture } from "../src/posture/watch-posture.ts";
import { must, startTestServer, type TestServer } from "./harness.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.stop());

/** What a server finds that looks now, whatever was found a moment ago. */
function lookNow(over: Partial<Parameters<typeof createOwnPosture>[0]> = {}) {
  const { database, log, now } = server.deps;
  const env = { DATA_DIR: server.dataDir, DATABASE_URL: "postgres://127.0.0.1/test" };
  return createOwnPosture({ env, database, now, log, ...over }).read();
}
const found = ({ checks }: Posture, id: string) => checks.find((check) => check.id === id);

test("auditors and administrators get the same, members and strangers nothing", async () => {
  const [admin, auditor, member] = [
    await server.admin(),
    await server.user("auditor"),
    await server.member(),
  ];
  // In this order, so that others ask for what was found for the first.
  const answer = must(await admin.query("posture.get"));
  expect(must(await auditor.query("posture.get"))).toEqual(answer);
  expect(await member.query("posture.get")).toMatchObject({ status: 403 });
  expect(await server.anonymous().query("posture.get")).toMatchObject({ status: 401 });
  const { summary, checks } = answer as Posture;
  expect(summary.pass + summary.warn + summary.fail + summary.skip).toBe(checks.length);
  expect(checks.length).toBeGreaterThanOrEqual(60);
});

test("the server's own role sees what every live check asks for", async () => {
  const { checks } = await lookNow();
  const unseen = checks.filter(
    ({ group, status }) => status === "skip" && /^(?:accounts|keys|limits)$/.test(group),
  );
  expect(unseen).toEqual([]);
  expect(checks.find(({ id }) => id === "audit.sealed")).toMatchObject({ status: "pass" });
  expect(checks.find(({ id }) => id === "database.role-unprivileged")).toMatchObject({
    status: "pass",
  });
});

test("nothing found tells a secret, a place in the file system or a person", async () => {
  await server.user("auditor", "auditor@people.example.org");
  const env = {
    DATA_DIR: server.dataDir,
    JWT_SECRET_FILE: "/run/secrets/nowhere/jwt-secret",
    DATABASE_URL: "postgres://somebody:Zk3v9Qx7Lw2Rt8Yp5Nd1@127.0.0.1/test",
  };
  const text = JSON.stringify(await lookNow({ env }));
  expect(text).toContain("JWT_SECRET_FILE cannot be read");
  expect(text).toContain("DATA_DIR/keyring.json");
  const keyring = await readFile(join(server.dataDir, "keyring.json"), "utf8");
  const secrets = Object.values(JSON.parse(keyring) as Record<string, string>);
  expect(secrets.length).toBeGreaterThan(3);
  for (const told of [
    ...secrets,
    "Zk3v9Qx7",
    server.dataDir,
    "/run/secrets",
    "/tmp",
    "people.example",
  ]) {
    expect(text).not.toContain(told);
  }
});

test("an error of the database is not told in its own words", async () => {
  const execute = () => Promise.reject(new Error("connect ENOENT /var/run/secret-place"));
  const posture = await lookNow({ database: { background: () => ({ execute }) as never } });
  expect(found(posture, "keys.unused")).toMatchObject({
    status: "skip",
    detail: "the database did not answer in time",
  });
  expect(JSON.stringify(posture)).not.toContain("secret-place");
});

describe("what people do is noticed", () => {
  test("an administrator without a second factor, and one more administrator", async () => {
    await server.admin();
    const before = found(await lookNow(), "accounts.second-factors");
    expect(before).toMatchObject({ status: "warn" });
    expect(found(await lookNow(), "accounts.administrator-count")).toMatchObject({
      status: "warn",
    });
    const { id } = await server.user("admin");
    expect(found(await lookNow(), "accounts.administrator-count")).toMatchObject({
      status: "pass",
      detail: "2 active",
    });
    await server.owner`update users set second_factor_at = now() where role in ('admin', 'auditor')`;
    expect(found(await lookNow(), "accounts.second-factors")).toMatchObject({ status: "pass" });
    await server.owner`update users set second_factor_at = null where id = ${id}`;
    expect(found(await lookNow(), "accounts.second-factors")).toMatchObject({ status: "warn" });
    await server.owner`update users set disabled_at = now() where id = ${id}`;
    expect(found(await lookNow(), "accounts.second-factors")).toMatchObject({ status: "pass" });
  });

  test("keys of anybody: without an end, unused and from everywhere; not those that ended", async () => {
    const of = async () => {
      const posture = await lookNow();
      return ["expiry", "unused", "networks"].map((id) => found(posture, `keys.${id}`)?.status);
    };
    expect(await of()).toEqual(["pass", "pass", "pass"]);
    const { id } = await server.apiKey(await server.member(), { allowedCidrs: ["192.0.2.0/24"] });
    expect(await of()).toEqual(["warn", "pass", "pass"]);
    await server.owner`update api_keys set expires_at = now() + interval '1 day',
      created_at = now() - interval '91 days', allowed_cidrs = '{}' where id = ${id}`;
    expect(await of()).toEqual(["pass", "warn", "warn"]);
    await server.owner`update api_keys set last_used_at = now() - interval '89 days' where id = ${id}`;
    expect(await of()).toEqual(["pass", "pass", "warn"]);
    await server.owner`update api_keys set revoked_at = now() where id = ${id}`;
    expect(await of()).toEqual(["pass", "pass", "pass"]);
  });

  test("a backup, as soon as one is in the log", async () => {
    const seen = async () => found(await lookNow(), "backups.recent");
    expect(await seen()).toMatchObject({ status: "warn" });
    await recordBackup(server.databaseFacts, { rows: 1, bytes: 1, encrypted: true });
    expect(await seen()).toMatchObject({ status: "pass" });
    const inEightDays = () => new Date(Date.now() + 8 * 86_400_000);
    const later = await lookNow({ now: inEightDays });
    expect(found(later, "backups.recent")).toMatchObject({ status: "warn" });
  });

  test("an alert that nobody looks at, a witness that is not reached, an entry that waits", async () => {
    await server.owner`insert into alerts (id, kind, severity, key, details, count, opened_at, last_seen_at)
      values (gen_random_uuid(), 'account_locked', 'medium', 'x', '{}', 1, now() - interval '4 days', now())`;
    expect(found(await lookNow(), "alerts.unresolved")).toMatchObject({ status: "warn" });
    await server.owner`update alerts set resolved_at = now() where kind = 'account_locked'`;
    expect(found(await lookNow(), "alerts.unresolved")).toMatchObject({ status: "pass" });

    expect(found(await lookNow(), "audit.witnesses")).toMatchObject({ status: "skip" });
    expect(found(await lookNow(), "audit.assurance")).toMatchObject({ status: "warn" });
    await server.owner`insert into witnesses
      (id, kind, target, every_seconds, created_at, next_attempt_at, failing_since)
      values (gen_random_uuid(), 'file', '/nowhere', 60, now(), now(), now() - interval '3 hours')`;
    expect(found(await lookNow(), "audit.witnesses")).toMatchObject({
      status: "warn",
      detail: "1 of 1 could not be reached for up to 3 h",
    });
    await server.owner`update witnesses set contradicts = true`;
    expect(found(await lookNow(), "audit.witnesses")).toMatchObject({ status: "fail" });
    await server.owner`update witnesses set contradicts = false, failing_since = null,
      confirmed_size = 9007199254740991`;
    expect(found(await lookNow(), "audit.assurance")).toMatchObject({ status: "pass" });
    await server.owner`delete from witnesses`;

    const inAnHour = () => new Date(Date.now() + 3_600_000);
    const sealed = async () => found(await lookNow({ now: inAnHour }), "audit.sealed")?.status;
    await expect.poll(sealed).toBe("pass");
    const turn = await server.owner.reserve();
    await turn`select pg_advisory_lock(hashtext('muniment audit log'))`;
    await server.member();
    expect(await sealed()).toBe("fail");
    await turn`select pg_advisory_unlock(hashtext('muniment audit log'))`;
    turn.release();
    await expect.poll(sealed).toBe("pass");
  });
});

describe("what it costs", () => {
  test("many who ask at once are answered by one look", async () => {
    let asked = 0;
    const database = {
      background(scope: object) {
        asked += 1;
        return server.deps.database.background(scope);
      },
    };
    const { log, now } = server.deps;
    const one = createOwnPosture({ env: {}, database, now, log });
    const answers = await Promise.all(Array.from({ length: 20 }, () => one.read()));
    const byOne = asked;
    expect(new Set(answers).size).toBe(1);
    expect(await one.read()).toBe(answers[0]);
    expect(asked).toBe(byOne);
    const other = createOwnPosture({ env: {}, database, now, log });
    await other.read();
    expect(asked).toBe(2 * byOne);
  });

  test("a database that does not answer is told of, and not asked again beside", async () => {
    let asked = 0;
    const never = {
      background() {
        asked += 1;
        return { execute: () => new Promise(() => {}) } as never;
      },
    };
    const { log, now } = server.deps;
    const late = { longestMilliseconds: 50, keptMilliseconds: 0 };
    const one = createOwnPosture({ env: {}, database: never, now, log }, late);
    for (let time = 0; time < 3; time++) {
      const posture = await one.read();
      expect(found(posture, "keys.unused")).toMatchObject({
        status: "skip",
        detail: "the database did not answer in time",
      });
      expect(found(posture, "secrets.distinct")).toBeDefined();
    }
    expect(asked).toBe(1);
  });
});

describe("a check that begins to fail", () => {
  const check = (status: JudgedCheck["status"], id = "files.keyring"): JudgedCheck => ({
    ...{ id, group: "files", title: "x", status, detail: "x", remedy: "" },
  });
  const watchOn = (node: string, ...checks: JudgedCheck[]) => {
    const summary = { pass: 0, warn: 0, fail: 0, skip: 0 };
    const posture = { read: async () => ({ at: new Date().toISOString(), summary, checks }) };
    const { database, now } = server.deps;
    return watchPosture({ database, posture, node, now })();
  };
  const watch = (...checks: JudgedCheck[]) => watchOn("here:1", ...checks);
  const told = () => server.owner`
    select details ->> 'check' as check, details ->> 'passedAt' is not null as passed,
      resolved_at is not null as resolved, count
    from alerts where kind = 'posture_worsened' order by opened_at, id`;
  const raised = { check: "files.keyring", passed: false, resolved: false, count: 1 };
  const over = { ...raised, passed: true, resolved: true };

  test("is told once, also when somebody resolves it, and again after it passed", async () => {
    await watch(check("pass"));
    expect(await told()).toEqual([]);
    await watch(check("fail"));
    // The second has an alert of its own.
    await watch(check("fail"), check("fail", "audit.sealed"));
    expect(await told()).toEqual([raised]);
    // What cannot be seen now is neither better nor worse.
    await watch(check("skip"));
    expect(await told()).toEqual([raised]);

    const admin = await server.admin();
    const { items } = must(await admin.query("alerts.list", { state: "open" }));
    const [open] = items.filter(({ kind }: { kind: string }) => kind === "posture_worsened");
    must(await admin.mutate("alerts.resolve", { id: open.id }));
    await watch(check("fail"));
    expect(await told()).toEqual([{ ...raised, resolved: true }]);

    await watch(check("warn"));
    expect(await told()).toEqual([over]);
    await watch(check("fail"));
    expect(await told()).toEqual([over, raised]);
    await watch(check("pass"));
    expect(await told()).toEqual([over, over]);
  });

  test("is each node's own where it is about its disks, and no other node resolves it", async () => {
    const disks = (status: JudgedCheck["status"]) => check(status, "files.disk-space");
    const told = () => server.owner`
      select details ->> 'node' as node, details ->> 'passedAt' is null as fails,
        resolved_at is null as open, count
      from alerts where details ->> 'check' = 'files.disk-space' order by opened_at, id`;
    const here = { node: "here:1", fails: true, open: true, count: 1 };
    const there = { ...here, node: "there:1" };
    for (let time = 0; time < 3; time++) {
      await watchOn("here:1", disks("fail"));
      await watchOn("there:1", disks("pass"));
    }
    expect(await told()).toEqual([here]);
    await watchOn("there:1", disks("fail"));
    expect(await told()).toEqual([here, there]);
    await watchOn("here:1", disks("warn"));
    expect(await told()).toEqual([{ ...here, fails: false, open: false }, there]);
    await watchOn("there:1", disks("pass"));
  });

  test("of its disks is over when the node that told of it starts with room", async () => {
    const { database, now } = server.deps;
    const port = await freePort();
    const node = `${hostname()}:${port}`;
    await tellOfChecks({ database, node, now }, [{ id: "files.disk-space", status: "fail" }]);
    const isOpen = async () => {
      const key = `files.disk-space ${node}`;
      const rows =
        await server.owner`select resolved_at is null as open from alerts where key = ${key}`;
      return rows.map(({ open }) => open);
    };
    expect(await isOpen()).toEqual([true]);
    const env = { PORT: String(port), DISK_RESERVE_BYTES: "0" };
    const other = await startTestServer({ besides: server, env });
    try {
      await expect.poll(isOpen).toEqual([false]);
    } finally {
      await other.stop();
    }
  });

  test("of its disks is told later where it could not be told at once, and not after the stop", async () => {
    const { database, now } = server.deps;
    const node = "late:1";
    let mayWrite = false;
    let refused = 0;
    const transaction: typeof database.transaction = async (...args) => {
      if (mayWrite) return database.transaction(...args);
      refused += 1;
      throw new Error("no space left on device");
    };
    const input = { node, now, log: { error() {} }, isEnough: () => false };
    const telling = createSpaceTelling({ ...input, database: { transaction } }, 10);
    const told = () =>
      server.owner`select 1 as told from alerts where details ->> 'node' = ${node}`;
    telling.tell();
    await expect.poll(() => refused).toBeGreaterThan(1);
    expect(await told()).toEqual([]);
    mayWrite = true;
    await expect.poll(told).toEqual([{ told: 1 }]);

    const timers = vi.spyOn(globalThis, "setTimeout");
    mayWrite = false;
    refused = 0;
    telling.stop();
    telling.tell();
    await expect.poll(() => refused).toBe(1);
    await new Promise(setImmediate);
    expect(timers.mock.calls.filter(([, pause]) => pause === 10)).toEqual([]);
    timers.mockRestore();
  });

  test("is looked for every hour, for the first time an hour after the first start", async () => {
    const [job] = await server.owner`
      select run_at > now() + interval '50 minutes' as later from jobs where queue = 'watch-posture'`;
    expect(job).toEqual({ later: true });
    await server.owner`insert into limit_overrides (name, points, duration_seconds, changed_at)
      values ('auth_account', 1000000, 60, now())`;
    const isTold = async () => {
      await server.owner`update jobs set run_at = now() where queue = 'watch-posture'`;
      return (await told()).some((alert) => alert.check === "limits.overrides");
    };
    // What the server found a moment ago is kept for ten seconds.
    await expect.poll(isTold, { interval: 500 }).toBe(true);
  });
});
