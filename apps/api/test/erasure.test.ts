import { readFile, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { overwriteDeletedRows } from "@muniment/db/overwrite.ts";
import { openCertificate } from "@muniment/verify/certificate.ts";
import { verifyEvidence } from "@muniment/verify/evidence.ts";
import { formatVerifierKey } from "@muniment/verify/signed-note.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createNoteSigner } from "../src/audit/note-signer.ts";
import { verifyLog } from "../src/audit/verify-log.ts";
import {
  applyErasureLedger,
  applyErasureLedgerFirst,
  eraseDue,
} from "../src/erasure/apply-ledger.ts";
import { cleanUpAfter } from "../src/erasure/clean-up.ts";
import { createStamps, ledgerFile } from "../src/erasure/ledger.ts";
import { cleanUpQueue, deleteUserEventsQueue } from "../src/job-queues.ts";
import { placeOfPayload } from "../src/jobs.ts";
import { breaking } from "./breaking.ts";
import type { Client } from "./client.ts";
import { makeEvent, makeSender, send } from "./events-sender.ts";
import { must, password, startTestServer, type TestServer } from "./harness.ts";
import { hastenLastTry } from "./last-try.ts";
import { mailsTo, tokenIn } from "./outbox.ts";

let server: TestServer;
let admin: Client;
beforeAll(async () => {
  server = await startTestServer({
    env: { RATE_LIMIT_MAX_REQUESTS: "10000", RATE_LIMIT_USER_MAX: "10000" },
  });
  admin = await server.admin();
});
afterAll(() => server.stop());

/** Where an erased person's id may stand: it means nothing any more. */
const kept = ["audit_entries", "audit_leaves", "audit_refusals", "erasures"];

/** The tables that hold a text in any row. */
async function tablesWith(text: string): Promise<string[]> {
  const tables = await server.owner`
    select relname as name from pg_class
    where relkind in ('r', 'p') and relnamespace = 'public'::regnamespace and not relispartition
    order by 1`;
  const found: string[] = [];
  for (const { name } of tables) {
    const rows = await server.owner`
      select 1 from ${server.owner(name)} t where to_jsonb(t)::text like ${`%${text}%`} limit 1`;
    if (rows.length > 0) found.push(name);
  }
  return found;
}

const verified = async () => {
  await server.deps.folding.close();
  await server.deps.sealer.seal();
  const { secrets, dataKeys } = server.deps;
  const keysOf = (origin: string) => createNoteSigner(secrets.auditSigning, origin).keys;
  return verifyLog(server.owner, { keysOf, outside: [], keys: dataKeys });
};

/** The certificate once the job has ended that overwrites what is left on the disk. */
async function finalCertificate(id: string) {
  const cleaned = async () =>
    server.owner`select 1 from erasures where id = ${id} and cleaned_at is not null`;
  await expect.poll(cleaned, { interval: 100 }).toHaveLength(1);
  const { note, verifierKeys } = must(await server.anonymous().query("data.certificate", { id }));
  return openCertificate(note, verifierKeys);
}

describe("erasing oneself", () => {
  test("leaves nothing of the person in any table, at once for all but events", async () => {
    const { member, userId, key, agentId } = await makeSender(server);
    await send(server, key, [makeEvent(), makeEvent({}, Date.UTC(2003, 1))]);
    must(await member.mutate("savedViews.create", { name: "seen", query: "", display: {} }));
    await server.anonymous().mutate("auth.signIn", { email: member.email, password: "wrong" });
    must(await admin.query("users.get", { id: userId }));
    await server.deps.folding.flush();
    const { items } = must(await admin.query("audit.search", { actorId: userId }));
    expect(items[0].actor.label).toBe(member.email);
    await server.deps.sealer.seal();
    const bundle = must(await admin.query("audit.evidence", { from: 0, count: 1 }));

    const answer = must(await member.mutate("data.erase", { password }));
    expect(answer.status).toBe("erased");
    expect((await member.query("auth.me")).status).toBe(401);
    expect(
      (await server.anonymous().mutate("auth.signIn", { email: member.email, password })).status,
    ).toBe(401);

    const events = [
      "event_count_changes",
      "event_counts",
      "event_ids",
      "events",
      "receipts",
      "agent_counters",
      // Added to the counters every second, so here it may be found or not.
      "agent_counter_changes",
    ];
    const atOnce = await tablesWith(userId);
    expect(atOnce.filter((name) => !kept.includes(name) && !events.includes(name))).toEqual([]);
    expect(await tablesWith(member.email)).toEqual([]);

    const { certificate } = await finalCertificate(answer.id);
    expect(certificate).toMatchObject({ erased: userId, cause: "self", id: answer.id });
    expect((await tablesWith(userId)).filter((name) => !kept.includes(name))).toEqual([]);
    expect((await tablesWith(agentId)).filter((name) => !kept.includes(name))).toEqual([]);

    // Nobody can read in the log what was told of them, and it still verifies, old proofs too.
    const after = must(await admin.query("audit.search", { actorId: userId, limit: 100 })).items;
    expect(after.length).toBeGreaterThan(2);
    for (const { actor, address } of after) expect([actor.label, address]).toEqual([null, null]);
    const whole = JSON.stringify(must(await admin.query("audit.search", { limit: 100 })));
    expect(whole).not.toContain(member.email);
    const report = await verified();
    expect(report.wrong).toBeNull();
    expect(report.erased).toBeGreaterThan(2);
    expect(await verifyEvidence(bundle)).toMatchObject({ ok: true });
  });

  test("reaches what speaks of an address, but not what is left to do for who had it before", async () => {
    const member = await server.member("ibis@example.org");
    const { jobs } = server.deps;
    const userId = crypto.randomUUID();
    const after = { erasureId: crypto.randomUUID(), emails: [member.email], partitions: [] };
    await server.deps.database.transaction({}, async (tx) => {
      const waits = { delaySeconds: 3600 };
      await jobs.enqueue(tx, deleteUserEventsQueue, { userId, after }, waits);
      await jobs.enqueue(tx, cleanUpQueue, after, waits);
      // At the beginning of a line, which JSON writes with a letter.
      const text = `Hello,\n${member.email} was here.`;
      await jobs.enqueue(tx, "of another", { to: "kite@example.org", text }, waits);
    });
    must(await member.mutate("data.erase", { password }));
    const waiting = await server.owner`
      select queue from jobs where run_at > now() + interval '30 minutes' and key is null order by 1`;
    expect(waiting.map(({ queue }) => queue)).toEqual([cleanUpQueue, deleteUserEventsQueue]);
    await server.owner`delete from jobs where queue in (${cleanUpQueue}, ${deleteUserEventsQueue})
      and run_at > now() + interval '30 minutes'`;
  });

  test("reaches the addresses that the account had before, and nobody else's", async () => {
    const member = await server.member("swan@example.org");
    const former = ["swan@example.org", "heron@example.org"];
    for (const email of ["heron@example.org", "stork@example.org"]) {
      must(await member.mutate("account.changeEmail", { email }));
      const link = async () =>
        (await mailsTo(server, email, 0)).find(({ text }) => text.includes("/confirm-email#"));
      await expect.poll(link).toBeTruthy();
      const mail = await link();
      must(await member.mutate("account.confirmEmail", { token: mail ? tokenIn(mail) : "" }));
    }
    // After three days nothing can take a change back.
    await server.owner`delete from link_tokens where user_id = ${member.id}`;
    // Somebody else has the first by now; that of another ends like it.
    const other = await server.member("swan@example.org");
    const longer = await server.member("grey.heron@example.org");
    must(await longer.mutate("account.changeEmail", { email: "crane@example.org" }));
    await mailsTo(server, longer.email);
    // What strangers do at an address that is nobody's any more, and what is sent to it.
    await server.anonymous().mutate("auth.signIn", { email: "heron@example.org", password });
    must(await admin.mutate("users.invite", { email: "heron@example.org", role: "member" }));
    await server.owner`
      insert into witnesses (id, kind, target, every_seconds, created_at, next_attempt_at)
      values (${crypto.randomUUID()}, 'email', 'heron@example.org', 60, now(), now() + interval '1 day')`;
    await server.deps.database.transaction({}, async (tx) => {
      for (const to of [...former, longer.email]) {
        const message = { to, subject: "later", text: "" };
        await server.deps.jobs.enqueue(tx, "mail", message, { delaySeconds: 3600 });
      }
    });
    await server.deps.folding.flush();
    await server.deps.folding.close();
    const readLog = async () => {
      const pages = await Promise.all(
        ["user.invited", "sign_in.refused", "account.email_changed"].map((action) =>
          admin.query("audit.search", { actions: [action], limit: 100 }),
        ),
      );
      return pages.map((page) => JSON.stringify(must(page).items));
    };
    const before = await readLog();
    expect(before.map((text) => text.includes("heron@example.org"))).toEqual([true, true, true]);

    const { id } = must(await member.mutate("data.erase", { password }));
    await finalCertificate(id);
    expect(await tablesWith('"heron@example.org"')).toEqual([]);
    expect((await readLog()).join()).not.toMatch(/heron@|stork@/);
    const jobs = await server.owner`select id, payload from jobs where queue = 'mail'`;
    const waiting = jobs.map(
      (job) => JSON.parse(server.deps.encryption.decrypt(job.payload, `jobs.payload:${job.id}`)).to,
    );
    expect(waiting.sort()).toEqual([longer.email, "swan@example.org"]);
    expect(await mailsTo(server, "heron@example.org", 0)).toEqual([]);
    // Those of others stay.
    expect((await mailsTo(server, longer.email)).length).toBeGreaterThan(0);
    expect((await other.query("auth.me")).status).toBe(200);
  });

  test("reaches what strangers enter under the address until it is cleaned up", async () => {
    const { email, mutate } = await server.member("crane@example.org");
    const { id } = must(await mutate("data.erase", { password }));
    await finalCertificate(id);
    await server.anonymous().mutate("auth.signIn", { email, password: "wrong" });
    await server.deps.folding.flush();
    const refused = async () =>
      JSON.stringify(must(await admin.query("audit.search", { outcomes: ["refused"] })));
    expect(await refused()).toContain(email);
    const files: string[] = [];
    await cleanUpAfter(server.deps, { erasureId: id, emails: [email], partitions: [], files });
    expect(await refused()).not.toContain(email);
    expect((await verified()).wrong).toBeNull();
  });

  test("needs the password and a fresh authentication", async () => {
    const member = await server.member();
    const wrong = await member.mutate("data.erase", { password: "not the password" });
    expect(wrong.error?.data.reason).toBe("invalid_credentials");
    await server.owner`update sessions set authenticated_at = now() - interval '1 hour' where user_id = ${member.id}`;
    server.deps.identities.forget();
    const stale = await member.mutate("data.erase", { password });
    expect(stale.error?.data.reason).toBe("reauthentication_required");
    expect((await member.query("auth.me")).status).toBe(200);
  });

  test("is refused to the last administrator", async () => {
    const answer = await admin.mutate("data.erase", { password });
    expect(answer.error?.data.reason).toBe("last_admin");
  });

  test("can wait, be taken back, and else comes when its time is over", async () => {
    const member = await server.member();
    const asked = must(await member.mutate("data.erase", { password, graceSeconds: 3600 }));
    expect(asked.status).toBe("scheduled");
    expect(must(await member.query("data.erasure"))).toEqual({
      eraseAt: asked.eraseAt,
      id: asked.id,
    });
    await mailsTo(server, member.email);
    must(await member.mutate("data.cancelErasure"));
    expect(must(await member.query("data.erasure"))).toEqual({ eraseAt: null, id: null });
    expect((await member.mutate("data.cancelErasure")).status).toBe(404);
    const again = must(await member.mutate("data.erase", { password, graceSeconds: 60 }));
    await server.owner`update users set erase_at = now() - interval '1 second' where id = ${member.id}`;
    await server.owner`update jobs set run_at = now() where queue = 'erase-due'`;
    const { certificate } = await finalCertificate(again.id);
    expect(certificate).toMatchObject({ erased: member.id, cause: "self" });
    expect((await member.query("auth.me")).status).toBe(401);
    // The mails that were there are gone from the outbox.
    expect(await mailsTo(server, member.email, 0)).toEqual([]);
  });
});

describe("an erasure with a time of grace", () => {
  /** As if the hour that is asked for below were over. */
  const due = () => ({ ...server.deps, now: () => new Date(Date.now() + 7_200_000) });
  const ask = async (member: Client) =>
    must(await member.mutate("data.erase", { password, graceSeconds: 3600 }));

  test("is none that was taken back a moment before its end", async () => {
    const member = await server.member();
    await ask(member);
    const flush = async () => {
      must(await member.mutate("data.cancelErasure"));
    };
    const deps = due();
    await eraseDue({ ...deps, folding: { ...deps.folding, flush } });
    expect((await member.query("auth.me")).status).toBe(200);
    expect(await readFile(join(server.dataDir, "erasures.jsonl"), "utf8")).not.toContain(member.id);
  });

  test("has its certificate where it was said, also where an administrator was sooner", async () => {
    const member = await server.member();
    const { id } = await ask(member);
    expect(must(await admin.mutate("users.delete", { id: member.id })).erasureId).toBe(id);
  });

  test("waits for another administrator where it is the last one's, and keeps nobody else waiting", async () => {
    const other = await server.member();
    must(await admin.mutate("users.setRole", { id: other.id, role: "admin" }));
    await ask(admin);
    must(await admin.mutate("users.setRole", { id: other.id, role: "member" }));
    const member = await server.member();
    await ask(member);
    await eraseDue(due());
    expect((await admin.query("auth.me")).status).toBe(200);
    expect((await member.query("auth.me")).status).toBe(401);
    must(await admin.mutate("data.cancelErasure"));
  });
});

test("nothing counts as overwritten while a transaction still sees what was deleted", async () => {
  const { deps, owner } = server;
  const few = { partitions: [], directory: null, patienceMilliseconds: 300 };
  await owner.begin("isolation level repeatable read", async (reading) => {
    await reading`select 1 from users limit 1`;
    // Else the look itself may be the first transaction since, and nothing was deleted in between.
    await owner`select pg_current_xact_id()`;
    await expect(overwriteDeletedRows(deps.owner, few)).rejects.toThrow("still sees");
  });
});

test("clean-ups take turns, and leave room for copies of data", async () => {
  const { owner } = server;
  const ids: string[] = [];
  /** Of these erasures: those of the tests before may wait, too, and have a second one a minute later. */
  const waiting = async () => {
    const rows = await owner`select id, payload from jobs where queue = ${cleanUpQueue}`;
    const erasures = rows.map(({ id, payload }) => {
      const text = server.deps.encryption.decrypt(payload, placeOfPayload(id));
      return JSON.parse(text).erasureId;
    });
    return ids.filter((id) => erasures.includes(id));
  };
  await owner.begin("isolation level repeatable read", async (reading) => {
    // While it reads, what began waits.
    await reading`select 1 from users limit 1`;
    await owner`select pg_current_xact_id()`;
    for (const member of [await server.member(), await server.member()]) {
      ids.push(must(await member.mutate("data.erase", { password })).id);
    }
    await expect.poll(waiting, { interval: 100 }).toEqual(ids);
    must(await admin.mutate("data.requestExport"));
    const ready = async () => must(await admin.query("data.exports")).items[0].status;
    await expect.poll(ready, { interval: 100 }).toBe("ready");
    const underWay = await owner`
      select id from jobs where queue = ${cleanUpQueue} and locked_until > clock_timestamp()`;
    expect(underWay.length).toBeLessThanOrEqual(1);
  });
  for (const id of ids) await finalCertificate(id);
});

test("an erasure that was given up is taken up again", async () => {
  const member = await server.member();
  const jobs = () => server.owner`
    select failed_at from jobs where queue = 'clean-up-after-erasure' and failed_at is not null`;
  const lastTry = async () => {
    await hastenLastTry(server, "clean-up-after-erasure");
    return (await jobs()).length;
  };
  const id = await breaking(server, "erasures", "update", async () => {
    const { id } = must(await member.mutate("data.erase", { password }));
    await expect.poll(lastTry, { interval: 100 }).toBe(1);
    return id;
  });
  await server.owner`update jobs set run_at = now() where queue = 'resume-erasures'`;
  const { certificate } = await finalCertificate(id);
  expect(certificate.cleanedAt).not.toBeNull();
});

test("an administrator's deletion of a user is the same erasure", async () => {
  const member = await server.member();
  must(await member.mutate("agents.create", { name: "theirs" }));
  const { erasureId } = must(await admin.mutate("users.delete", { id: member.id }));
  expect(erasureId).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7/);
  const { certificate } = await finalCertificate(erasureId);
  expect(certificate).toMatchObject({ erased: member.id, cause: "administrator" });
  expect(certificate.keys.length).toBeGreaterThan(0);
  expect(certificate.remains.map(({ where }) => where)).toContain(
    "wherever the operator keeps them",
  );
  expect((await tablesWith(member.id)).filter((name) => !kept.includes(name))).toEqual([]);
  expect((await verified()).wrong).toBeNull();
});

test("destroying a key outside any erasure is found", async () => {
  const member = await server.member();
  must(await member.mutate("account.update", { displayName: "Robbed" }));
  expect((await verified()).wrong).toBeNull();
  const [row] =
    await server.owner`delete from data_keys where subject = ${`user:${member.id}`} returning *`;
  expect((await verified()).wrong?.reason).toMatch(/the log tells of no erasure/);
  await server.owner`insert into data_keys ${server.owner(row ?? {})}`;
  expect((await verified()).wrong).toBeNull();
});

test("swapping the keys of two people, or changing one, is found, and keeps nobody from reading the rest", async () => {
  const people = [await server.member(), await server.member()];
  for (const person of people) must(await person.mutate("account.update", { displayName: "A" }));
  expect((await verified()).wrong).toBeNull();
  const subjects = people.map(({ id }) => `user:${id}`);
  const keys =
    await server.owner`select id, wrapped from data_keys where subject = any(${subjects})`;
  const put = async (wrapped: string[]) => {
    for (const [at, key] of keys.entries())
      await server.owner`update data_keys set wrapped = ${wrapped[at] ?? ""} where id = ${key.id}`;
  };
  const [one, other] = keys.map(({ wrapped }) => String(wrapped));
  if (one === undefined || other === undefined) throw new Error("no keys");
  for (const wrapped of [
    [other, one],
    ["nonsense", other],
  ]) {
    await put(wrapped);
    const { wrong } = await verified();
    expect([typeof wrong?.index, wrong?.reason]).toEqual([
      "number",
      expect.stringMatching(/^the key of the (actor|target)'s personal data does not open/),
    ]);
    const read = await (await server.admin()).query("audit.search", {
      actions: ["account.updated"],
    });
    expect([read.status, read.data?.items.length > 0]).toEqual([200, true]);
  }
  await put([one, other]);
  expect((await verified()).wrong).toBeNull();
});

describe("a backup that is restored after an erasure", () => {
  test("does not bring the person back", async () => {
    const member = await server.member();
    must(await member.mutate("account.update", { displayName: "Come Back" }));
    const rows = await server.owner`select * from users where id = ${member.id}`;
    const keys = await server.owner`select * from data_keys where subject = ${`user:${member.id}`}`;
    const { id } = must(await member.mutate("data.erase", { password }));
    const ledger = join(server.dataDir, "erasures.jsonl");
    await expect.poll(() => readFile(ledger, "utf8")).toContain(member.id);
    expect(await readFile(ledger, "utf8")).not.toContain("@");
    await finalCertificate(id);

    await server.owner`delete from erasures where erased_id = ${member.id}`;
    await server.owner`insert into users ${server.owner(rows)}`;
    await server.owner`insert into data_keys ${server.owner(keys)}`;
    const restarted = await startTestServer({ besides: server });
    try {
      expect(await server.owner`select 1 from users where id = ${member.id}`).toEqual([]);
      expect(
        await server.owner`select 1 from data_keys where subject = ${`user:${member.id}`}`,
      ).toEqual([]);
      const { certificate } = await finalCertificate(id);
      expect(certificate).toMatchObject({ id, erased: member.id, cause: "ledger" });
    } finally {
      await restarted.stop();
    }
  });

  test("is not believed by what others write to a list off the machine", async () => {
    const path = join(server.dataDir, "of others");
    const [ours, theirs] = [server.deps.secrets.erasureLists, [Buffer.alloc(32)]].map((keys) =>
      ledgerFile("", path, createStamps(keys)),
    );
    const line = { id: crypto.randomUUID(), erased: crypto.randomUUID(), at: "2026-01-01" };
    await theirs?.append([line]);
    const read = () => ours?.read(performance.now() + 10_000);
    expect(await read()).toEqual({ lines: [], foreign: [line] });
    await ours?.append([line]);
    expect(await read()).toEqual({ lines: [line], foreign: [line] });
    await truncate(path, 67_108_865);
    await expect(read()).rejects.toThrow("no file of at most");
  });

  test("of a newer key than a restored backup has is told of, and erases once that key is given", async () => {
    const member = await server.member();
    const path = join(server.dataDir, "of a newer key");
    const [ours, newer] = [server.deps.secrets.erasureLists, [Buffer.alloc(32, 1)]];
    const line = { id: crypto.randomUUID(), erased: member.id, at: "2026-01-01" };
    await ledgerFile("", path, createStamps(newer)).append([line]);
    const startWith = (keys: readonly Buffer[]) => {
      const others = async () => [ledgerFile("", path, createStamps(keys))];
      const ledger = { own: server.deps.ledger.own, others };
      return applyErasureLedgerFirst({ ...server.deps, ledger });
    };
    await startWith(ours);
    const accounts = () => server.owner`select 1 from users where id = ${member.id}`;
    expect(await accounts()).toHaveLength(1);
    const told = () => server.owner`select details from alerts where kind = 'erasures_unlisted'`;
    expect(await told()).toMatchObject([{ details: { foreign: 1 } }]);
    await server.owner`delete from alerts where kind = 'erasures_unlisted'`;
    await startWith([...ours, ...newer]);
    expect(await accounts()).toHaveLength(0);
    expect(await told()).toEqual([]);
  });

  test("gets its missing line where only the database knows", async () => {
    const member = await server.member();
    must(await member.mutate("data.erase", { password }));
    const ledger = join(server.dataDir, "erasures.jsonl");
    await expect.poll(() => readFile(ledger, "utf8")).toContain(member.id);
    await writeFile(ledger, "half a li");
    expect((await applyErasureLedger(server.deps)).broughtBack).toEqual([]);
    expect(await readFile(ledger, "utf8")).toContain(member.id);
  });
});

test("a certificate is found only by its id, and says what it is only with the log's key", async () => {
  const unknown = await server.anonymous().query("data.certificate", { id: crypto.randomUUID() });
  expect(unknown.error?.data.reason).toBe("invalid_token");
  const member = await server.member();
  const { certificate } = must(await member.mutate("data.erase", { password }));
  const other = createNoteSigner([Buffer.alloc(32, 9)], "somewhere.else/audit");
  await expect(openCertificate(certificate, [`${formatted(other)}`])).rejects.toThrow(
    "no known key",
  );
});

const formatted = ({ keys }: ReturnType<typeof createNoteSigner>) => {
  const [key] = keys;
  if (!key) throw new Error("no key");
  return formatVerifierKey(key);
};
