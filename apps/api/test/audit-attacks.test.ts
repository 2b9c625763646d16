import { randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Query } from "@muniment/db/statements.ts";
import { formatCheckpoint } from "@muniment/verify/checkpoint.ts";
import { leafText } from "@muniment/verify/leaf.ts";
import { Frontier, type Hash, leafHash } from "@muniment/verify/merkle.ts";
import { formatVerifierKey, parseNote } from "@muniment/verify/signed-note.ts";
import type postgres from "postgres";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { call } from "../../cli/test/call.ts";
import { readCheckpoint } from "../src/audit/checkpoints.ts";
import { leafOf } from "../src/audit/entry-leaf.ts";
import { createCosigner, createNoteSigner } from "../src/audit/note-signer.ts";
import { seenCheckpointPath } from "../src/audit/seen-checkpoint.ts";
import { tileHeight } from "../src/audit/tree.ts";
import { type LogReport, type OutsideCheckpoint, verifyLog } from "../src/audit/verify-log.ts";
import { writeAuditEntry } from "../src/audit/write.ts";
import { startTestServer, type TestServer } from "./harness.ts";

/** Sealed in steps of three after the first 300, so that there are 10 checkpoints above 300. */
const steps = 10;
let server: TestServer;
let origin: string;
/** The log's sizes after each step. */
const sizes: number[] = [];
/** What a careful reader kept after the fifth step, and at the end. */
let kept: OutsideCheckpoint;
let newest: OutsideCheckpoint;
/** The same as a witness keeps it, cosigned; and what it signed of the fifth step. */
let copy: OutsideCheckpoint;
let cosignature: { size: number; key: string; line: string; at: Date };
const cosigner = createCosigner([randomBytes(32)], "witness.example.org/w1");

async function write(count: number) {
  const { database, now, sealer } = server.deps;
  await database.transaction({}, async (tx) => {
    for (let at = 0; at < count; at += 1)
      await writeAuditEntry(tx, server.deps.dataKeys, {
        at: now(),
        principal: { kind: "anonymous" },
        request: { id: `r${at}`, address: "192.0.2.7", userAgent: "Tests/1.0" },
        action: "session.ended",
        outcome: "success",
        target: { kind: "session", id: "x", label: `someone-${at}@example.org` },
        details: {},
      });
  });
  await sealer.seal();
}

beforeAll(async () => {
  server = await startTestServer();
  // They look at these tables in another order than `attack` locks them.
  await server.deps.jobs.stop();
  const { audit } = server.deps.database;
  await write(300);
  for (let step = 0; step < steps; step += 1) {
    const checkpoint = await readCheckpoint(audit);
    sizes.push(checkpoint?.size ?? 0);
    origin = checkpoint?.origin ?? "";
    if (step === 5) kept = { source: "a careful reader", note: checkpoint?.note ?? "" };
    await write(3);
  }
  newest = { source: "a witness", note: (await readCheckpoint(audit))?.note ?? "" };
  const at = server.deps.now();
  const lines = cosigner.cosign(parseNote(newest.note).text, at);
  copy = { source: "w1", note: newest.note + lines, witness: true };
  const [key] = cosigner.keys;
  if (!key) throw new Error("no key");
  const line = cosigner.cosign(parseNote(kept.note).text, at);
  cosignature = { size: sizes[5] as number, key: formatVerifierKey(key), line, at };
});
afterAll(() => server.stop());

type Sql = postgres.TransactionSql;
const size = () => sizes.at(-1) as number;

/** Verifies with the log's own keys, as `muniment verify` does. */
async function verify(
  sql: Query,
  outside: OutsideCheckpoint[] = [],
  witnessKeys: typeof cosigner.keys = [],
): Promise<LogReport> {
  const keysOf = (name: string) => createNoteSigner(server.deps.secrets.auditSigning, name).keys;
  return verifyLog(sql, { keysOf, outside, witnessKeys, keys: server.deps.dataKeys });
}

class RolledBack extends Error {}

/** Lets a superuser do as they like, verifies what that leaves, and takes it back. */
async function attack(act: (sql: Sql) => Promise<unknown>): Promise<{
  alone: LogReport;
  against(outside: OutsideCheckpoint): LogReport;
}> {
  const reports: LogReport[] = [];
  const attempt = server.owner.begin(async (sql) => {
    // In the order in which the server reads them, or it and what is done below would wait for each other.
    await sql`
      lock table audit_checkpoints, audit_entries, audit_leaves, audit_subtrees in access exclusive mode`;
    // Constraints do not hold whoever owns them.
    await sql`alter table audit_leaves drop constraint audit_leaves_pkey`;
    await sql`drop index audit_leaves_entry_key`;
    await act(sql);
    for (const outside of [[], [kept], [newest]]) reports.push(await verify(sql, outside));
    reports.push(await verify(sql, [copy], cosigner.keys));
    throw new RolledBack();
  });
  await expect(attempt).rejects.toBeInstanceOf(RolledBack);
  const [alone, withKept, withNewest, withCopy] = reports as [
    LogReport,
    LogReport,
    LogReport,
    LogReport,
  ];
  const known = new Map([
    [kept, withKept],
    [newest, withNewest],
    [copy, withCopy],
  ]);
  return { alone, against: (outside) => known.get(outside) ?? alone };
}

type NewLeaf = { index: number; id: string; hash: Uint8Array };

/** Gives entries their places, with what they are found by. */
async function place(sql: Sql, leaves: NewLeaf[]) {
  await sql`
    insert into audit_leaves
    select (l ->> 'index')::bigint, e.id, decode(l ->> 'hash', 'hex'), e.at, e.actor_kind, e.actor_id, e.action,
      e.target_kind, e.target_id, e.outcome, e.details -> 'subjects', (e.details -> 'everyone') is not null
    from jsonb_array_elements(${sql.json(leaves.map((leaf) => ({ ...leaf, hash: Buffer.from(leaf.hash).toString("hex") })))}) l
      join audit_entries e on e.id = (l ->> 'id')::uuid`;
}

/** Writes every leaf, hash and checkpoint anew from the entries, as one who knows the formats can. */
async function recompute(sql: Sql, seeds: readonly Buffer[]) {
  const rows: postgres.Row[] = await sql`
    select e.* from audit_leaves l join audit_entries e on e.id = l.entry_id order by l.index`;
  const checkpoints = await sql`select size, at from audit_checkpoints order by size`;
  const signer = createNoteSigner(seeds, origin);
  await sql`truncate audit_leaves, audit_subtrees`;
  const subtrees: { level: number; index: number; hash: Hash }[] = [];
  const tree = new Frontier(({ level, index }, hash) => {
    if (level % tileHeight === 0) subtrees.push({ level: level / tileHeight, index, hash });
  });
  const sign = (at: number) =>
    sql`update audit_checkpoints set note = ${signer.sign(formatCheckpoint({ origin, size: at, root: tree.root() }))} where size = ${at}`;
  const leaves: NewLeaf[] = [];
  const known = new Set(checkpoints.map((row) => Number(row.size)));
  if (known.has(0)) await sign(0);
  for (const [index, row] of rows.entries()) {
    const hash = leafHash(leafText(leafOf(row)));
    tree.append(hash);
    leaves.push({ index, id: row.id, hash });
    if (known.has(index + 1)) await sign(index + 1);
  }
  await place(sql, leaves);
  for (const { level, index, hash } of subtrees)
    await sql`insert into audit_subtrees ${sql({ level, index, hash: Buffer.from(hash) })}`;
}

const idAt = async (sql: Sql, index: number) =>
  (await sql`select entry_id as id from audit_leaves where index = ${index}`)[0]?.id as string;
const at = (index: number, reason: RegExp) => ({ index, reason: expect.stringMatching(reason) });
/** Holds together for who has only the database, and says that nothing else confirms it. */
function expectUnconfirmed(report: LogReport) {
  expect(report.wrong).toBeNull();
  expect(report.confirmed).toBe(0);
}

describe("a superuser of the database who", () => {
  test.each([
    "update audit_entries set outcome = 'refused' where id = $1",
    "update audit_entries set actor_kind = 'system' where id = $1",
    "update audit_entries set at = at - interval '1 ms' where id = $1",
    `update audit_entries set details = '{"x": 1}' where id = $1`,
    "update audit_entries set target_id = 'y' where id = $1",
    "update audit_entries set target_commitment = null where id = $1",
    "update audit_leaves set hash = sha256('x') where entry_id = $1",
  ])("edits an entry is found at the entry: %s", async (statement) => {
    const { alone } = await attack(async (sql) => sql.unsafe(statement, [await idAt(sql, 305)]));
    expect(alone).toMatchObject({
      wrong: at(305, /the entry is not the one that was sealed/),
      verified: 305,
    });
  });

  test.each([
    `jsonb_set(personal, '{both,label}', '"else@example.org"')`,
    `jsonb_set(personal, '{both,sealed}', (select e.personal #> '{both,sealed}' from audit_entries e
      where e.id <> audit_entries.id and e.personal ? 'both' limit 1))`,
    `personal - 'both' || jsonb_build_object('actor', personal -> 'both', 'target', personal -> 'both')`,
    `'{"actor": {"salt": "x", "label": "else@example.org"}, "target": {"salt": "x"}}'`,
  ])("edits personal data is found at the entry: %s", async (personal) => {
    const { alone } = await attack(async (sql) =>
      sql.unsafe(`update audit_entries set personal = ${personal} where id = $1`, [
        await idAt(sql, 17),
      ]),
    );
    expect(alone.wrong).toEqual(at(17, /the actor's personal data was changed/));
  });

  test.each([
    "update audit_entries set personal = '5' where id = $1",
    "update audit_entries set personal = 'null' where id = $1",
    `update audit_entries set personal = '{"target": 5}' where id = $1`,
    `update audit_entries set personal = '{"target": {"key": "x", "sealed": "y"}}' where id = $1`,
    `update audit_entries set personal = '{"target": {"key": 1, "sealed": 2}}' where id = $1`,
    `update audit_entries set personal = '{"target": {"label": 7}}' where id = $1`,
    "update audit_entries set at = 'infinity' where id = $1",
    "update audit_entries set details = 'null' where id = $1",
    `update audit_entries set details = '{"count": 1e400}' where id = $1`,
  ])("writes what no entry can hold is found at the entry: %s", async (statement) => {
    const { alone } = await attack(async (sql) => sql.unsafe(statement, [await idAt(sql, 305)]));
    expect(alone).toMatchObject({ wrong: at(305, /removed|changed|not the one/), verified: 305 });
  });

  test("writes a checkpoint that is none, or one of more entries under an old key, is found there", async () => {
    const from = sizes[5] as number;
    const none = await attack(
      (sql) => sql`
        update audit_checkpoints set note = ${`x\n\n— ${origin} c2lnbmF0dXJl\n`}
        where size = ${sizes[6] as number}`,
    );
    expect(none.alone.wrong).toEqual(at(from, /not what the checkpoint|signed/));
    const old = createNoteSigner([randomBytes(32)], origin);
    let end = 0;
    const more = await attack(async (sql) => {
      const [row] = await sql`select max(size)::int as size from audit_checkpoints`;
      end = row?.size;
      const note = old.sign(formatCheckpoint({ origin, size: end + 5, root: new Uint8Array(32) }));
      await sql`
        insert into audit_checkpoints (size, note, at, settled, cluster)
        select ${end + 5}, ${note}, at, settled, cluster from audit_checkpoints where size = ${end}`;
    });
    const stated = new RegExp(`the log ends here, but a checkpoint states ${end + 5} entries`);
    expect(more.alone.wrong).toEqual(at(end, stated));
  });

  test.each([
    "at = at - interval '1 ms'",
    "actor_kind = 'system'",
    "actor_id = gen_random_uuid()",
    "action = 'session.revoked'",
    "target_kind = null",
    "target_id = 'y'",
    "outcome = 'refused'",
    "subjects = '[]'",
    "everyone = true",
  ])("keeps an entry from being found is found at the entry: %s", async (change) => {
    const { alone } = await attack(async (sql) =>
      sql.unsafe(`update audit_leaves set ${change} where entry_id = $1`, [await idAt(sql, 305)]),
    );
    expect(alone.wrong).toEqual(at(305, /searches find it as another/));
    expect(alone.verified).toBeGreaterThanOrEqual(size());
  });

  test("enters a destruction of keys that names none does not keep the rest from being verified", async () => {
    const { alone } = await attack(
      (sql) => sql`
        insert into audit_entries (id, at, actor_kind, action, outcome, details, personal)
        values (gen_random_uuid(), now(), 'system', 'data_keys.expired', 'success', 'null', '{}')`,
    );
    expect(alone).toMatchObject({ wrong: null, unsealed: 1 });
  });

  test("deletes in the middle is found there, whatever else is deleted with it", async () => {
    const entryOnly = await attack(
      async (sql) => sql`delete from audit_entries where id = ${await idAt(sql, 100)}`,
    );
    expect(entryOnly.alone.wrong).toEqual(at(100, /the entry was deleted/));
    const withLeaf = await attack(async (sql) => {
      const id = await idAt(sql, 100);
      await sql`delete from audit_entries where id = ${id}`;
      await sql`delete from audit_leaves where index = 100`;
    });
    expect(withLeaf.alone.wrong).toEqual(at(100, /the entry is missing from the order/));
    const [from, to] = [sizes[4], sizes[5]] as [number, number];
    const closed = await attack(async (sql) => {
      await sql`delete from audit_entries where id = ${await idAt(sql, from + 1)}`;
      await sql`delete from audit_leaves where index = ${from + 1}`;
      await sql`update audit_leaves set index = index - 1 where index > ${from + 1}`;
    });
    expect(closed.alone.wrong).toEqual(
      at(from, new RegExp(`entries ${from} to ${to - 1}: not what the checkpoint`)),
    );
  });

  test("inserts is found where the order no longer fits", async () => {
    const [from, to] = [sizes[6], sizes[7]] as [number, number];
    const { alone } = await attack(async (sql) => {
      await sql`update audit_leaves set index = index + 1 where index > ${from}`;
      const [row] = await sql`
        insert into audit_entries select (jsonb_populate_record(e, jsonb_build_object('id', gen_random_uuid(),
          'actor_commitment', null, 'target_commitment', null, 'personal', '{}'::jsonb))).*
        from audit_entries e where id = ${await idAt(sql, from)} returning *`;
      const hash = leafHash(leafText(leafOf(row as postgres.Row)));
      await place(sql, [{ index: from + 1, id: row?.id, hash }]);
    });
    expect(alone.wrong).toEqual(
      at(from, new RegExp(`entries ${from} to ${to - 1}: not what the checkpoint`)),
    );
  });

  test("reorders entries is found where the order changes", async () => {
    const swap = (one: number, other: number) => async (sql: Sql) => {
      await sql`
        update audit_leaves l set entry_id = o.entry_id, hash = o.hash from audit_leaves o
        where l.index in (${one}, ${other}) and o.index in (${one}, ${other}) and l.index <> o.index`;
    };
    const [from, to] = [sizes[2], sizes[3]] as [number, number];
    expect((await attack(swap(from, from + 2))).alone.wrong).toEqual(
      at(from, new RegExp(`entries ${from} to ${to - 1}: not what the checkpoint`)),
    );
    expect((await attack(swap(10, 200))).alone.wrong).toEqual(
      at(0, /entries 0 to 255: the stored hash over them is another/),
    );
  });

  test("cuts the tail and leaves the checkpoints is found at the cut", async () => {
    const end = sizes[8] as number;
    const { alone } = await attack((sql) => sql`delete from audit_leaves where index >= ${end}`);
    expect(alone.wrong).toEqual(at(end, /not what the checkpoint|the log ends here/));
  });

  test("cuts the tail with its checkpoints, or restores an old backup, is found by what is kept elsewhere", async () => {
    const end = sizes[7] as number;
    const { alone, against } = await attack(async (sql) => {
      await sql`
        delete from audit_entries where id in (select entry_id from audit_leaves where index >= ${end})`;
      await sql`delete from audit_leaves where index >= ${end}`;
      await sql`delete from audit_checkpoints where size > ${end}`;
    });
    expectUnconfirmed(alone);
    expect(against(kept)).toMatchObject({ wrong: null, confirmed: sizes[5], verified: end });
    expect(against(newest).wrong).toEqual(
      at(end, /its tail was cut, or an older backup was restored/),
    );
  });

  test("empties tables is found at the first entry", async () => {
    const entries = await attack((sql) => sql`truncate audit_entries`);
    expect(entries.alone.wrong).toEqual(at(0, /the entry was deleted/));
    const leaves = await attack((sql) => sql`truncate audit_leaves, audit_subtrees`);
    expect(leaves.alone.wrong).toEqual(at(0, /the log ends here, but a checkpoint states/));
    const all = await attack(
      (sql) => sql`truncate audit_entries, audit_leaves, audit_subtrees, audit_checkpoints`,
    );
    expect(all.alone.wrong).toEqual(at(0, /there is no checkpoint/));
    const toTheStart = await attack(async (sql) => {
      await sql`truncate audit_entries, audit_leaves, audit_subtrees`;
      await sql`delete from audit_checkpoints where size > 0`;
    });
    expectUnconfirmed(toTheStart.alone);
    expect(toTheStart.against(kept).wrong).toEqual(at(0, /its tail was cut/));
  });

  test("recomputes everything without the signing key is found where the signatures end", async () => {
    const [from, index] = [sizes[3], (sizes[3] as number) + 1] as [number, number];
    const edit = async (sql: Sql) =>
      sql`update audit_entries set outcome = 'refused' where id = ${await idAt(sql, index)}`;
    const keepingSignatures = await attack(async (sql) => {
      const before = await sql`select size, note from audit_checkpoints`;
      await edit(sql);
      await recompute(sql, [randomBytes(32)]);
      for (const { size: of, note } of before)
        await sql`update audit_checkpoints set note = ${note} where size = ${of}`;
    });
    expect(keepingSignatures.alone.wrong).toEqual(at(from, /not what the checkpoint of/));
    const withAnotherKey = await attack(async (sql) => {
      const before = await sql`select size, note from audit_checkpoints where size <= ${from}`;
      await edit(sql);
      await recompute(sql, [randomBytes(32)]);
      for (const { size: of, note } of before)
        await sql`update audit_checkpoints set note = ${note} where size = ${of}`;
    });
    expect(withAnotherKey.alone.wrong).toEqual(
      at(from, /no known key signed a checkpoint over them/),
    );
    const forged = await attack(async (sql) => {
      await edit(sql);
      await sql`update audit_checkpoints set note = regexp_replace(note, '[A-Za-z0-9]{8}=*\n$', E'AAAAAA==\n')`;
    });
    expect(forged.alone.wrong).not.toBeNull();
  });

  test("recomputes everything with a stolen signing key is found only by what is kept elsewhere", async () => {
    const stolen = async (sql: Sql, index: number) => {
      await sql`update audit_entries set outcome = 'refused' where id = ${await idAt(sql, index)}`;
      await recompute(sql, server.deps.secrets.auditSigning);
    };
    const early = await attack((sql) => stolen(sql, 20));
    expectUnconfirmed(early.alone);
    expect(early.against(kept).wrong).toEqual(
      at(
        0,
        /not those under the checkpoint of a careful reader, though the log's own signatures hold/,
      ),
    );
    const late = await attack((sql) => stolen(sql, size() - 1));
    expectUnconfirmed(late.alone);
    expect(late.against(kept)).toMatchObject({ wrong: null, confirmed: sizes[5] });
    expect(late.against(newest).wrong).toEqual(
      at(0, /not those under the checkpoint of a witness/),
    );
  });

  test("recomputes everything with a stolen signing key contradicts what a witness cosigned", async () => {
    const stolen = (before: (sql: Sql) => Promise<unknown>) =>
      attack(async (sql) => {
        await before(sql);
        await sql`update audit_entries set outcome = 'refused' where id = ${await idAt(sql, 20)}`;
        await recompute(sql, server.deps.secrets.auditSigning);
      });
    const keep = (sql: Sql) => sql`insert into audit_cosignatures ${sql(cosignature)}`;
    const left = await stolen(keep);
    const reason =
      /not those that the witness witness.example.org\/w1 cosigned, though the log's own/;
    expect(left.alone.wrong).toEqual(at(0, reason));
    const replaced = await stolen(async (sql) => {
      const other = createCosigner([randomBytes(32)], "witness.example.org/w1");
      const key = formatVerifierKey(other.keys[0] as (typeof other.keys)[number]);
      await sql`insert into audit_cosignatures ${sql({ ...cosignature, key })}`;
    });
    expect(replaced.alone.wrong).toEqual(at(0, reason));
    const deleted = await stolen(async () => {});
    expectUnconfirmed(deleted.alone);
    expect(deleted.against(copy).wrong).toEqual(at(0, /not those under the checkpoint of w1/));
  });

  test("restores an old backup or cuts the tail is found by the copy of a witness, or by what it cosigned", async () => {
    const end = sizes[3] as number;
    const { alone, against } = await attack(async (sql) => {
      await sql`
        delete from audit_entries where id in (select entry_id from audit_leaves where index >= ${end})`;
      await sql`delete from audit_leaves where index >= ${end}`;
      await sql`delete from audit_checkpoints where size > ${end}`;
    });
    expectUnconfirmed(alone);
    expect(against(copy).wrong).toEqual(
      at(end, /its tail was cut, or an older backup was restored/),
    );
    const left = await attack(async (sql) => {
      await sql`insert into audit_cosignatures ${sql(cosignature)}`;
      await sql`delete from audit_leaves where index >= ${end}`;
      await sql`delete from audit_checkpoints where size > ${end}`;
    });
    expect(left.alone.wrong).toEqual(at(end, /a witness cosigned \d+ entries, and the log has/));
  });

  test("does nothing is told how far a witness whose key one knows confirms the log", async () => {
    const keep = (sql: Sql) => sql`insert into audit_cosignatures ${sql(cosignature)}`;
    const { alone, against } = await attack(keep);
    expect(alone).toMatchObject({ wrong: null, confirmed: 0, cosigned: sizes[5] });
    expect(against(copy)).toMatchObject({ wrong: null, witnesses: [cosignature.key] });
    expect(against(copy).confirmed).toBeGreaterThan(sizes[5] as number);
  });

  test("enters something afterwards, with an earlier time, finds it sealed at the end, and it told as late", async () => {
    await server.owner`
      insert into audit_entries (id, at, actor_kind, action, outcome, details, personal)
      values (gen_random_uuid(), now() - interval '1 day', 'system', 'limit.reset', 'success', '{}', '{}')`;
    await server.deps.sealer.seal();
    const report = await verify(server.owner);
    expect(report).toMatchObject({ wrong: null, late: { count: 1, first: report.verified - 1 } });
  });
});

describe("muniment verify", () => {
  let directory: string;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "muniment-verify-"));
  });
  afterAll(() => rm(directory, { recursive: true, force: true }));

  const run = (...argv: string[]) => {
    const { host, port, database, username, password } = server.databaseFacts;
    const url = `postgres://${username}:${encodeURIComponent(password)}@localhost:${port}/${database}?host=${encodeURIComponent(host)}`;
    return call(["verify", ...argv], { env: { DATABASE_URL: url, DATA_DIR: server.dataDir } });
  };
  const file = async (name: string, text: string) => {
    const path = join(directory, name);
    await writeFile(path, text);
    return path;
  };

  test("holds, and says how far something outside confirms it", async () => {
    const { exitCode, stdout } = await run("--json");
    const report = JSON.parse(stdout);
    expect([exitCode, report.ok, report.wrong]).toEqual([0, true, null]);
    // The checkpoint in DATA_DIR is the newest, or one of a moment ago.
    expect(report.confirmed).toBeGreaterThan(size());
    const text = await run("--checkpoint", await file("kept", kept.note + newest.note));
    expect([text.exitCode, text.stderr]).toEqual([0, ""]);
    expect(text.stdout).toMatch(/entries verified/);
    const published = await run("--checkpoint", `${server.url}/audit/checkpoint`);
    expect(published.exitCode).toBe(0);
  });

  test("believes the key that it is given, and no other", async () => {
    const [key = ""] = (await (await server.fetch("/audit/keys")).text()).split("\n");
    expect((await run("--key", key)).exitCode).toBe(0);
    const other = createNoteSigner([randomBytes(32)], origin).keys[0];
    if (!other) throw new Error("no key");
    const refused = await run("--key", formatVerifierKey(other), "--json");
    expect(refused.exitCode).toBe(1);
    expect(JSON.parse(refused.stdout).wrong.reason).toMatch(/no known key signed it/);
  });

  test("names the first wrong index and why", async () => {
    const set = (outcome: string) => server.owner`
      update audit_entries set outcome = ${outcome} where id = (select entry_id from audit_leaves where index = 42)`;
    await set("failed");
    try {
      const { exitCode, stdout } = await run();
      expect(exitCode).toBe(1);
      expect(stdout).toContain("first wrong index 42: the entry is not the one that was sealed");
    } finally {
      await set("success");
    }
    const seen = await readFile(seenCheckpointPath(server.dataDir), "utf8");
    const beyond = createNoteSigner(server.deps.secrets.auditSigning, origin).sign(
      formatCheckpoint({ origin, size: 100_000, root: new Uint8Array(32) }),
    );
    const cut = await run("--checkpoint", await file("beyond", beyond), "--json");
    expect(JSON.parse(cut.stdout).wrong.reason).toMatch(/had 100000 entries .* its tail was cut/);
    expect(seen).toContain(origin);
  });

  test("tells a wrong call from a wrong log", async () => {
    const wrong: string[][] = [
      ["extra"],
      ["--key", "nonsense"],
      ["--checkpoint", join(directory, "absent")],
      ["--checkpoint", await file("empty", "")],
      ["--nonsense"],
    ];
    for (const argv of wrong) expect([argv, (await run(...argv)).exitCode]).toEqual([argv, 2]);
    expect((await call(["verify"], { env: { DATA_DIR: directory } })).exitCode).toBe(2);
  });
});
