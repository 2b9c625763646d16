import { randomBytes } from "node:crypto";
import {
  appendFile,
  copyFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { formatCheckpoint, parseCheckpoint } from "@muniment/verify/checkpoint.ts";
import { formatVerifierKey, parseNote } from "@muniment/verify/signed-note.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { call } from "../../cli/test/call.ts";
import { openOwnCheckpoint } from "../src/audit/checkpoints.ts";
import { createCosigner, createNoteSigner } from "../src/audit/note-signer.ts";
import { createStamps, toObjectName } from "../src/erasure/ledger.ts";
import { deliverCheckpoints } from "../src/witnesses/deliver.ts";
import { must, password, startTestServer, type TestServer, type UserClient } from "./harness.ts";
import { growLog, newestOf } from "./log-growth.ts";
import { migrationsFolder } from "./postgres.ts";
import { startS3, type TestS3 } from "./s3.ts";

const soon = { interval: 100 };
const key = { accessKeyId: "S3RVER", secretAccessKey: "S3RVER" };
const nameOf = (size: number) => String(size).padStart(16, "0");

let s3: TestS3;
let log: TestServer;
let admin: UserClient;
beforeAll(async () => {
  s3 = await startS3();
  log = await startTestServer({ env: { EGRESS_ALLOW: "127.0.0.1/32" } });
  admin = await log.user("admin");
});
afterAll(async () => {
  await log?.stop();
  await s3?.stop();
});

/** An object that the store has although it was never asked to take it. */
const writeObject = async (name: string) => {
  const answer = await fetch(`${s3.url}/${name}`, { method: "PUT", body: "" });
  if (answer.status !== 200) throw new Error(`${answer.status} ${await answer.text()}`);
};

const pathOf = (folder: string, size: number) => s3.pathOf(`${folder}/${nameOf(size)}`);
const sizesIn = async (folder: string) =>
  (await readdir(join(s3.directory, "evidence", folder)).catch(() => []))
    .filter((name) => /^\d{16}\._S3rver_object$/.test(name))
    .map((name) => Number(name.slice(0, 16)))
    .sort((a, b) => a - b);

/** When it is next sent to; a delivery that is under way would set it anew. */
const schedule = (id: string, at: Date) =>
  expect
    .poll(
      () => log.owner`
        update witnesses set next_attempt_at = ${at}
        where id = ${id} and locked_until is null returning id`,
      soon,
    )
    .toHaveLength(1);

const ask = (folder: string, changes: object = {}) => {
  const place = { kind: "bucket", target: `${s3.url}/${folder}`, everySeconds: 1, ...key };
  return admin.mutate("witnesses.add", { ...place, ...changes });
};

/** A place of its own for each test, with the words that it is asked about by. */
async function addBucket(folder: string, changes: object = {}) {
  const added = must(await ask(folder, changes));
  const state = async () => {
    const { items } = must(await admin.query("witnesses.list"));
    return items.find(({ id }: { id: string }) => id === added.id);
  };
  return {
    added,
    state,
    remove: async () => must(await admin.mutate("witnesses.remove", { id: added.id })),
    arrived: (size: number) =>
      expect
        .poll(async () => {
          const { confirmedSize, problem } = await state();
          return problem ?? confirmedSize >= size;
        }, soon)
        .toBe(true),
    tells: (problem: RegExp) =>
      expect.poll(async () => (await state()).problem, soon).toMatch(problem),
    hold: () => schedule(added.id, new Date(Date.now() + 3_600_000)),
    /** At once, though it failed before. */
    goOn: () => schedule(added.id, new Date()),
  };
}

const newest = () => newestOf(log);
const grow = () => growLog(log, admin);

/** What the holder of the signing key would put there in place of the truth. */
const forge = (origin: string, size: number) =>
  createNoteSigner(log.deps.secrets.auditSigning, origin).sign(
    formatCheckpoint({ origin, size, root: new Uint8Array(32).fill(7) }),
  );

const verify = (...options: string[]) => {
  const { host, port, database, username, password } = log.databaseFacts;
  const url = `postgres://${username}:${encodeURIComponent(password)}@localhost:${port}/${database}?host=${encodeURIComponent(host)}`;
  const env = {
    DATABASE_URL: url,
    DATA_DIR: log.dataDir,
    PUBLIC_URL: log.url,
    MUNIMENT_MIGRATIONS: migrationsFolder,
  };
  return call(["verify", ...options], { env });
};

test("a bucket keeps the list of erasures, from which a node that lost its own erases again", async () => {
  const bucket = await addBucket("listed", { retainDays: 1 });
  const names = () =>
    readdir(join(s3.directory, "evidence", "listed", ".erasures")).catch(() => [] as string[]);
  const erased = await log.user("member");
  const [row] = await log.owner`select * from users where id = ${erased.id}`;
  const { id } = must(await erased.mutate("data.erase", { password }));
  const isListed = async () => (await names()).some((name) => name.startsWith(erased.id));
  await expect.poll(isListed, soon).toBe(true);
  const [locked] = [...s3.locks].filter(([name]) => name.includes(erased.id));
  expect(locked?.[1].mode).toBe("COMPLIANCE");
  const certificate = async () => {
    const [known] = await log.owner`select certificate from erasures where id = ${id}`;
    return String(known?.certificate);
  };
  await expect.poll(certificate, soon).toContain(`the bucket ${s3.url}/listed`);
  // More than a page of what the store lists, before it and after it.
  const at = "2020-01-01T00:00:00.000Z";
  const stamps = createStamps(log.deps.secrets.erasureLists);
  for (const first of ["0", "f"]) {
    for (let place = 0; place < 60; place += 1) {
      const other = `${first.repeat(8)}-0000-4000-8000-${String(place).padStart(12, "0")}`;
      const line = { id: other, erased: other, at };
      await writeObject(`listed/.erasures/${toObjectName(line, stamps)}`);
    }
  }
  // Whoever holds the bucket has nobody erased.
  const forged = { id: admin.id, erased: admin.id, at };
  const wrong = createStamps([randomBytes(32)]);
  await writeObject(`listed/.erasures/${toObjectName(forged, wrong)}`);
  // As a backup of before has it, restored on a new machine.
  await log.owner`delete from erasures where erased_id = ${erased.id}`;
  await log.owner`insert into users ${log.owner(row as Record<string, string>)}`;
  const elsewhere = await mkdtemp(join(tmpdir(), "muniment-elsewhere-"));
  await copyFile(join(log.dataDir, "keyring.json"), join(elsewhere, "keyring.json"));
  const env = { EGRESS_ALLOW: "127.0.0.1/32", DATA_DIR: elsewhere };
  const restored = await startTestServer({ besides: log, env });
  try {
    expect(await log.owner`select 1 from users where id = ${erased.id}`).toHaveLength(0);
    const back = await log.owner`select 1 from erasures where cause = 'ledger'`;
    expect(back).toHaveLength(121);
    expect(await log.owner`select 1 from users where id = ${admin.id}`).toHaveLength(1);
    // It might be of a newer key than a restored backup has.
    const [alert, ...more] =
      await log.owner`select details from alerts where kind = 'erasures_unlisted'`;
    expect([alert?.details, more]).toEqual([{ known: expect.any(Number), foreign: 1 }, []]);
    // What bucket and database know is in the new list.
    const list = await readFile(join(elsewhere, "erasures.jsonl"), "utf8");
    expect(list).toContain(erased.id);
  } finally {
    await restored.stop();
    await rm(elsewhere, { recursive: true, force: true });
  }
  // The checkpoints of the same folder go on as before.
  await bucket.arrived((await grow()).size);
  await bucket.remove();
});

test("a bucket gets each checkpoint under its size, which makes the log evident and verifies it", async () => {
  const bucket = await addBucket("log");
  expect(bucket.added).toMatchObject({ kind: "bucket", secret: null, retainDays: null });
  await bucket.arrived((await newest()).size);
  await bucket.arrived((await grow()).size);
  const sizes = await sizesIn("log");
  expect(sizes.length).toBeGreaterThan(1);
  for (const size of sizes) {
    const note = await readFile(pathOf("log", size), "utf8");
    expect(parseCheckpoint(parseNote(note).text).size).toBe(size);
  }
  const assurance = must(await admin.query("witnesses.assurance"));
  expect(assurance).toMatchObject({ level: "evident", witnessedTo: 0, contradictions: 0 });
  const [row] = await log.owner`select secret, bucket from witnesses where id = ${bucket.added.id}`;
  expect(row?.secret).not.toContain(key.secretAccessKey);
  expect(log.deps.encryption.decrypt(row?.secret, `witnesses.secret:${bucket.added.id}`)).toBe(
    key.secretAccessKey,
  );

  // A downloaded bucket is a folder of notes.
  const folder = join(s3.directory, "downloaded");
  await mkdir(folder);
  for (const name of [...sizes.map(nameOf), ".written-once"]) {
    await copyFile(s3.pathOf(`log/${name}`), join(folder, name));
  }
  const whole = await verify("--witness", folder, "--json");
  expect([whole.exitCode, JSON.parse(whole.stdout).confirmed >= (sizes.at(-1) ?? 0)]).toEqual([
    0,
    true,
  ]);
  // Beside the copy of a witness, whose cosignature a bucket does not have.
  const { origin, size, note } = await newest();
  const cosigner = createCosigner([randomBytes(32)], "witness.example.org/w1");
  const copy = join(s3.directory, "copy");
  await writeFile(copy, note + cosigner.cosign(parseNote(note).text, log.deps.now()));
  const [known] = cosigner.keys;
  if (!known) throw new Error("no key");
  const both = ["--witness", folder, "--witness", copy, "--witness-key"];
  expect((await verify(...both, formatVerifierKey(known))).exitCode).toBe(0);
  // What is a witness's must still be cosigned by one that is known.
  const [another] = createCosigner([randomBytes(32)], "witness.example.org/w2").keys;
  if (!another) throw new Error("no key");
  expect((await verify(...both, formatVerifierKey(another))).exitCode).toBe(1);

  await writeFile(join(folder, nameOf(size)), forge(origin, size));
  const other = await verify("--witness", folder);
  expect(other.exitCode).toBe(1);
  await bucket.remove();
});

test("what a size has already is never written over: other content is an alarm", async () => {
  const bucket = await addBucket("taken");
  await bucket.arrived((await newest()).size);
  await bucket.hold();
  const { origin, size } = await grow();
  // It comes between the look at the folder and the write of whichever is the newest by then.
  s3.beforePut = (name) => writeFile(s3.pathOf(name), forge(origin, Number(name.slice(-16))));
  await bucket.goOn();
  await bucket.tells(/^The first \d+ entries are not those that the bucket knows/);
  s3.beforePut = async () => {};
  const last = (await sizesIn("taken")).at(-1) ?? 0;
  expect(last).toBeGreaterThanOrEqual(size);
  expect((await bucket.state()).problem).toContain(`The first ${last} entries are not those`);
  expect(await readFile(pathOf("taken", last), "utf8")).toBe(forge(origin, last));
  const { items } = must(await admin.query("alerts.list", { kinds: ["audit_log_contradicted"] }));
  expect(items).toHaveLength(1);
  expect(await bucket.state()).toMatchObject({ contradicts: true });
  expect(must(await admin.query("witnesses.assurance"))).toMatchObject({
    level: "detecting",
    contradictions: 1,
  });
  await rm(pathOf("taken", last));
  await bucket.goOn();
  await expect.poll(async () => (await bucket.state()).contradicts, soon).toBe(false);
  await bucket.remove();
});

test("what another state of the log left there is found, above its own and below", async () => {
  const bucket = await addBucket("fork");
  await bucket.arrived((await newest()).size);
  await bucket.hold();
  const { confirmedSize } = await bucket.state();
  for (let grown = await grow(); grown.size < confirmedSize + 3; ) grown = await grow();
  const { origin, size } = await newest();
  const between = confirmedSize + 1;
  await writeFile(pathOf("fork", between), forge(origin, between));
  await bucket.goOn();
  await bucket.tells(new RegExp(`^The first ${between} entries are not those`));
  await rm(pathOf("fork", between));
  const beyond = size + 1000;
  await writeFile(pathOf("fork", beyond), forge(origin, beyond));
  await bucket.goOn();
  await bucket.tells(new RegExp(`^The bucket knows ${beyond} entries, the log has \\d+\\.$`));
  await rm(pathOf("fork", beyond));
  await bucket.goOn();
  await expect.poll(async () => (await bucket.state()).contradicts, soon).toBe(false);
  await bucket.hold();
  const { confirmedSize: last } = await bucket.state();
  await rm(pathOf("fork", last));
  await grow();
  await bucket.goOn();
  await bucket.tells(new RegExp(`^The bucket lost the checkpoint of ${last} entries\\.$`));
  await bucket.remove();
});

test("a bucket that is added anew goes on from the largest that it has, once that is this log's", async () => {
  const first = await addBucket("again");
  await first.arrived((await newest()).size);
  await first.arrived((await grow()).size);
  await first.remove();
  const before = await sizesIn("again");
  const second = await addBucket("again");
  await second.arrived((await grow()).size);
  expect(await sizesIn("again")).toEqual(expect.arrayContaining(before));
  await second.hold();
  await writeFile(s3.pathOf("again/notes"), "something else");
  await grow();
  await second.goOn();
  await second.tells(/holds something else than checkpoints: use a new folder\.$/);
  expect((await second.state()).contradicts).toBe(false);
  await second.remove();
  const third = await ask("again");
  expect([third.status, third.error?.data.reason, third.error?.message]).toEqual([
    422,
    "bucket_unsuitable",
    "The folder of the bucket holds something else than checkpoints: use a new folder.",
  ]);
});

const sizeIn = (problem: string | null) => Number(/of (\d+) entries/.exec(problem ?? "")?.[1]);

test("a lock is asked for, and one that is not told of, or ends too soon, is not believed", async () => {
  const bucket = await addBucket("locked", { retainDays: 30 });
  expect(bucket.added.retainDays).toBe(30);
  await bucket.arrived((await grow()).size);
  await bucket.hold();
  const { confirmedSize } = await bucket.state();
  const until = new Date(Date.now() + 86_400_000).toISOString();
  const withoutLock = /^The bucket does not tell that it locks its checkpoint of \d+ entries/;
  const tooShort = new RegExp(`of \\d+ entries until ${until} only, not until`);
  const wrong: [TestS3["lock"], RegExp][] = [
    [() => undefined, withoutLock],
    [(asked) => ({ ...asked, mode: "GOVERNANCE" }), withoutLock],
    [(asked) => ({ ...asked, until }), tooShort],
  ];
  for (const [lock, words] of wrong) {
    const { size } = await grow();
    s3.lock = lock;
    await bucket.goOn();
    const told = async () => (await bucket.state()).problem;
    await expect.poll(async () => sizeIn(await told()), soon).toBeGreaterThanOrEqual(size);
    expect(await told()).toMatch(words);
    expect(await bucket.state()).toMatchObject({ confirmedSize, contradicts: false });
    await bucket.hold();
  }
  s3.lock = (asked) => asked;
  // Somebody who has the key was faster, with the right note under a lock that is soon over.
  await grow();
  s3.beforePut = async (name) => {
    const [row] = await log.owner`
      select note from audit_checkpoints where size = ${Number(name.slice(-16))}`;
    await writeFile(s3.pathOf(name), row?.note);
    s3.locks.set(name, { mode: "COMPLIANCE", until: new Date().toISOString() });
  };
  await bucket.goOn();
  await bucket.tells(/^The bucket locks its checkpoint of \d+ entries until/);
  s3.beforePut = async () => {};
  const { size } = await grow();
  await bucket.goOn();
  await bucket.arrived(size);
  await bucket.remove();
});

test("it counts as sent once it is read back as it was sent", async () => {
  const bucket = await addBucket("back");
  await bucket.arrived((await newest()).size);
  await bucket.hold();
  const { confirmedSize } = await bucket.state();
  const wrong: [TestS3["afterPut"], RegExp][] = [
    [(name) => rm(s3.pathOf(name)), /^The bucket does not have the checkpoint of \d+ entries/],
    [
      (name) => appendFile(s3.pathOf(name), "— other.example.org c2lnbmF0dXJl\n"),
      /^The bucket holds another note of the same \d+ entries\.$/,
    ],
  ];
  for (const [afterPut, problem] of wrong) {
    await grow();
    s3.afterPut = afterPut;
    await bucket.goOn();
    await bucket.tells(problem);
    expect(await bucket.state()).toMatchObject({ confirmedSize, contradicts: false });
    await bucket.hold();
  }
  s3.afterPut = async () => {};
  const { size } = await grow();
  await bucket.goOn();
  await bucket.arrived(size);
  await bucket.remove();
});

test("a store that would write over what is there is refused", async () => {
  s3.writesOnce = false;
  const refused = await ask("over");
  s3.writesOnce = true;
  expect([refused.status, refused.error?.data.reason, refused.error?.message]).toEqual([
    422,
    "bucket_unsuitable",
    "The bucket writes over what is there: its store does not honour If-None-Match.",
  ]);
  const { items } = must(await admin.query("witnesses.list"));
  expect(items.filter(({ target }: { target: string }) => target.endsWith("/over"))).toEqual([]);
  await (await addBucket("over")).remove();
});

describe("a delivery", () => {
  /** As another node, whose clock finds every place due. */
  const deliver = (changes: object = {}, isStopping = false) =>
    deliverCheckpoints(
      {
        ...log.deps,
        now: () => new Date(Date.now() + 7_200_000),
        openOwn: (note) => openOwnCheckpoint(note, log.deps.secrets.auditSigning),
        ...changes,
      },
      () => isStopping,
    );
  const rowOf = async (id: string) => {
    const [row] = await log.owner`
      select confirmed_size::int as size, failures, contradicts, locked_until from witnesses where id = ${id}`;
    return row;
  };

  test("that lost its lease writes nothing down and raises no alarm, whatever came of it", async () => {
    const bucket = await addBucket("lease");
    await bucket.arrived((await newest()).size);
    await bucket.hold();
    const { origin } = await grow();
    const { id } = bucket.added;
    const alarms = () =>
      log.owner`select id from alerts where kind = 'audit_log_contradicted' and details->>'witness' = ${id}`;
    const meanwhile: TestS3["beforePut"][] = [
      async () => {},
      (name) => writeFile(s3.pathOf(name), forge(origin, Number(name.slice(-16)))),
    ];
    for (const act of meanwhile) {
      const { size } = await grow();
      let taken: Awaited<ReturnType<typeof rowOf>>;
      let put = "";
      s3.beforePut = async (name) => {
        put = name.slice(-16);
        await act(name);
        // Another node takes the place, after a lease that is over, and is still at it.
        await log.owner`
          update witnesses set locked_until = clock_timestamp() + interval '1 hour'
          where id = ${id}`;
        taken = await rowOf(id);
      };
      await deliver();
      s3.beforePut = async () => {};
      expect(Number(put)).toBeGreaterThanOrEqual(size);
      expect(await readdir(join(s3.directory, "evidence/lease"))).toContain(
        `${put}._S3rver_object`,
      );
      expect([await rowOf(id), (await alarms()).length]).toEqual([taken, 0]);
      await log.owner`update witnesses set locked_until = null where id = ${id}`;
    }
    await bucket.remove();
  });

  test("sends what is newest once the place is its own, so that another's larger one is no alarm", async () => {
    const bucket = await addBucket("stale");
    await bucket.arrived((await newest()).size);
    await bucket.hold();
    await grow();
    const { database } = log.deps;
    let size = 0;
    const transaction: typeof database.transaction = async (...given) => {
      if (size === 0) {
        ({ size } = await grow());
        await deliver();
      }
      return database.transaction(...given);
    };
    const now = () => new Date(Date.now() + 14_400_000);
    await deliver({ database: { ...database, transaction }, now });
    const row = await rowOf(bucket.added.id);
    expect(row).toMatchObject({ failures: 0, contradicts: false, locked_until: null });
    expect(row?.size).toBeGreaterThanOrEqual(size);
    await bucket.remove();
  });

  test("that gets no answer keeps no other place waiting, nor a server that stops", async () => {
    const silent = await addBucket("silent");
    const other = await addBucket("other");
    for (const bucket of [silent, other]) {
      await bucket.arrived((await newest()).size);
      await bucket.hold();
    }
    const { size } = await grow();
    // The silent one is the first that is taken.
    await log.owner`update witnesses set next_attempt_at = now() + interval '30 minutes'
      where id = ${silent.added.id}`;
    const { egress } = log.deps;
    let release: (error: Error) => void = () => {};
    const send: typeof egress.send = (request) =>
      request.url.includes("/silent/")
        ? new Promise((_, reject) => {
            release = reject;
          })
        : egress.send(request);
    const delivered = deliver({ egress: { ...egress, send } });
    await other.arrived(size);
    expect(await rowOf(silent.added.id)).toMatchObject({ failures: 0 });
    release(new Error("It hung up."));
    await delivered;
    expect((await silent.state()).problem).toBe("It hung up.");

    await grow();
    await log.owner`update witnesses set next_attempt_at = now() + interval '30 minutes'
      where id = ${silent.added.id}`;
    await deliver({ egress: { ...egress, send } }, true);
    expect((await silent.state()).problem).toBe("It took too long.");
    for (const bucket of [silent, other]) await bucket.remove();
  });
});

test("a store whose lists cannot be relied on is shown as failing, not believed", async () => {
  const bucket = await addBucket("lists");
  await bucket.arrived((await newest()).size);
  await bucket.hold();
  const before = await sizesIn("lists");
  await grow();
  s3.lists = "from its beginning";
  await bucket.goOn();
  await bucket.tells(/^The bucket lists from its beginning/);
  s3.lists = "without its keys";
  await bucket.goOn();
  await bucket.tells(/^The bucket says that its list goes on, and lists nothing/);
  expect(await sizesIn("lists")).toEqual(before);
  s3.lists = "rightly";
  await bucket.remove();
});

test("a wrong key is told without the key, and what is no bucket is refused", async () => {
  const wrongKey = await ask("wrong", { secretAccessKey: "not-the-secret" });
  expect(wrongKey.error?.message).toMatch(/^The bucket answered 403 to a list: the key needs/);
  expect(JSON.stringify(wrongKey)).not.toContain("not-the-secret");
  for (const wrong of ["", "/up/", "/up?x=1", "/../up", "/a b"]) {
    const target = wrong === "" ? new URL(s3.url).origin : s3.url + wrong;
    const answer = await admin.mutate("witnesses.add", { kind: "bucket", target, ...key });
    expect([target, answer.status]).toEqual([target, 400]);
  }
  const inside = { kind: "bucket", target: "http://10.0.0.1/evidence", ...key };
  const refused = await admin.mutate("witnesses.add", inside);
  expect(refused.error?.data.reason).toBe("url_not_allowed");
});
