import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Database, DatabaseConnections } from "@muniment/db/database.ts";
import { sameBytes } from "@muniment/verify/base64.ts";
import { type Checkpoint, parseCheckpoint } from "@muniment/verify/checkpoint.ts";
import { leafText } from "@muniment/verify/leaf.ts";
import { Frontier, leafHash } from "@muniment/verify/merkle.ts";
import { openNote, parseNote } from "@muniment/verify/signed-note.ts";
import type postgres from "postgres";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openScratchDatabase } from "../../../packages/db/test/scratch-database.ts";
import { readCheckpoint } from "../src/audit/checkpoints.ts";
import { createDataKeys } from "../src/audit/data-keys.ts";
import { leafOf } from "../src/audit/entry-leaf.ts";
import { createNoteSigner } from "../src/audit/note-signer.ts";
import { createSealer, turnMilliseconds } from "../src/audit/sealer.ts";
import { verifyLog } from "../src/audit/verify-log.ts";
import { watchSealing } from "../src/audit/watch-sealing.ts";
import { writeAuditEntry } from "../src/audit/write.ts";
import type { Deps } from "../src/deps.ts";
import { createEncryption } from "../src/encryption.ts";
import { createLog } from "../src/log.ts";
import { createClock } from "./clock.ts";
import { must, startTestServer, type TestServer, type UserClient } from "./harness.ts";

let server: TestServer;
let member: UserClient;
beforeAll(async () => {
  server = await startTestServer();
  // By its link of setting up, which another node would replace.
  await server.admin();
  member = await server.member();
});
afterAll(() => server.stop());

const entry = (label = "somebody") => ({
  at: new Date(),
  principal: { kind: "anonymous" as const },
  action: "session.ended" as const,
  outcome: "success" as const,
  target: { kind: "session", id: label, label },
  details: {},
});
const write = ({ database, dataKeys }: Deps, label?: string) =>
  database.transaction({}, (tx) => writeAuditEntry(tx, dataKeys, entry(label)));

/** The last checkpoint, opened with the server's own key. */
async function checkpointOf({
  deps,
  owner,
}: {
  deps: Deps;
  owner: postgres.Sql | postgres.TransactionSql;
}): Promise<Checkpoint> {
  const [row] = await owner`select note from audit_checkpoints order by size desc limit 1`;
  const { keys } = createNoteSigner(deps.secrets.auditSigning, row?.note.split("\n")[0]);
  return parseCheckpoint((await openNote(row?.note, keys)).text);
}

const insert = (sql: postgres.Sql | postgres.TransactionSql, label: string, count = 1) => sql`
  insert into audit_entries (id, at, actor_kind, action, target_kind, target_id, outcome, details, personal)
  select gen_random_uuid(), now(), 'system', 'session.ended', 'session', ${label}, 'success', '{}', '{}'
  from generate_series(1, ${count})`;

/**
 * Every entry is in the log once, in an order without gaps, under a checkpoint of just that. The server
 * may write entries of its own at any time, so all is read as it was at one moment.
 */
async function expectWhole(of: TestServer): Promise<Checkpoint> {
  const waiting = async () => {
    const [row] = await of.owner`
      select (select count(*) from audit_entries) - (select max(size) from audit_checkpoints) as count`;
    return Number(row?.count);
  };
  await expect.poll(waiting).toBe(0);
  const { checkpoint, rows } = await of.owner.begin(
    "isolation level repeatable read",
    async (sql) => ({
      checkpoint: await checkpointOf({ deps: of.deps, owner: sql }),
      rows: (await sql`
      select l.index::int as index, l.hash, e.* from audit_leaves l
      join audit_entries e on e.id = l.entry_id order by l.index`) as postgres.Row[],
    }),
  );
  expect(rows.map(({ index }) => index)).toEqual(rows.map((_, at) => at));
  const tree = new Frontier();
  for (const row of rows) {
    const hash = leafHash(leafText(leafOf(row)));
    expect(sameBytes(hash, row.hash)).toBe(true);
    tree.append(hash);
  }
  expect(checkpoint.size).toBe(rows.length);
  expect(sameBytes(tree.root(), checkpoint.root)).toBe(true);
  return checkpoint;
}

/** The open alerts of a kind, as an administrator sees them. */
async function alertsOf(kind: string) {
  const admin = await server.admin();
  return must(await admin.query("alerts.list", { state: "open", kinds: [kind] })).items;
}

const scratchSeeds = [Buffer.alloc(32, 6)];
const scratchSealer = (database: Database) =>
  createSealer({
    database,
    seeds: scratchSeeds,
    origin: "bench.example.org/audit",
    now: () => new Date(),
    log: createLog("silent"),
    seen: { read: async () => null, write: async () => {} },
  });

/** Two processes that write and seal at once, as `pnpm soak:audit` has more of for longer. */
async function raceProcesses(
  owner: postgres.Sql,
  connections: DatabaseConnections,
  database: Database,
) {
  const [writers, each] = [8, 60];
  const node = fileURLToPath(new URL("../../../bench/audit-log/node.ts", import.meta.url));
  const [before] = await owner`select count(*)::int from audit_entries`;
  const run = async () => {
    const input = JSON.stringify([connections, writers, each]);
    const child = spawn(process.execPath, ["--import", "tsx", node, input], {
      stdio: ["ignore", "ignore", "inherit"],
    });
    const [code] = await once(child, "exit");
    return code;
  };
  expect(await Promise.all([run(), run()])).toEqual([0, 0]);
  // Where both ended while the other had the turn.
  await scratchSealer(database).seal();
  const report = await verifyLog(owner, {
    keysOf: (origin) => createNoteSigner(scratchSeeds, origin).keys,
    outside: [],
    keys: createDataKeys(owner, createEncryption(scratchSeeds), scratchSeeds),
  });
  expect(report).toMatchObject({
    wrong: null,
    verified: before?.count + 2 * writers * each,
    unsealed: 0,
  });
  const [facts] = await owner`
    select deadlocks::int from pg_stat_database where datname = current_database()`;
  expect(facts?.deadlocks).toBe(0);
}

describe("the sealer", () => {
  test("gives what was committed its place, under a signed checkpoint, by itself", async () => {
    must(await member.mutate("agents.create", { name: "a" }));
    const auditor = await server.user("auditor");
    const mine = async () => {
      const { items } = must(await auditor.query("audit.search", { actorId: member.id }));
      return items[0];
    };
    await expect
      .poll(async () => (await mine()).index, { interval: 50 })
      .toEqual(expect.any(Number));
    const { id, index, action } = await mine();
    expect(action).toBe("agent.created");
    expect(must(await auditor.query("audit.get", { id })).index).toBe(index);
    const { origin } = await expectWhole(server);
    expect(origin).toBe(`${server.deps.config.publicUrl.host}/audit`);
  });

  test("seals a transaction that commits late behind those that did not wait for it", async () => {
    const { database } = server.deps;
    let commit = () => {};
    const committed = new Promise<void>((resolve) => {
      commit = resolve;
    });
    const late = database.transaction({}, async (tx) => {
      await writeAuditEntry(tx, server.deps.dataKeys, entry("late"));
      await committed;
    });
    await write(server.deps, "early");
    const order = async () => {
      const rows = await server.owner`
        select e.target_id as label from audit_leaves l
        join audit_entries e on e.id = l.entry_id
        where e.target_id in ('early', 'late') order by l.index`;
      return rows.map(({ label }) => label);
    };
    await expect.poll(order).toEqual(["early"]);
    commit();
    await late;
    await expect.poll(order).toEqual(["early", "late"]);
    await expectWhole(server);
  });

  test("takes transactions in the order of their numbers, and never of how these are written", async () => {
    // Where a batch ended among them, those of the lower number would never be sealed.
    await server.owner`
      insert into audit_entries (id, at, actor_kind, action, target_kind, target_id, outcome, details, personal, xact)
      select gen_random_uuid(), now(), 'system', 'session.ended', 'session', xact, 'success', '{}', '{}', xact::xid8
      from unnest(${["1000000000000", "999999999999"]}::text[]) as xact`;
    await expectWhole(server);
    const rows = await server.owner`
      select e.target_id from audit_leaves l join audit_entries e on e.id = l.entry_id
      where e.xact >= '999999999999' order by l.index`;
    expect(rows.map(({ target_id }) => target_id)).toEqual(["999999999999", "1000000000000"]);
  });

  test("seals what was committed between two batches by a transaction older than the first", async () => {
    const { owner, database, drop } = await openScratchDatabase();
    let commit = () => {};
    const committed = new Promise<void>((resolve) => {
      commit = resolve;
    });
    try {
      let begun = () => {};
      const open = new Promise<void>((resolve) => {
        begun = resolve;
      });
      const late = owner.begin(async (tx) => {
        await insert(tx, "late");
        begun();
        await committed;
      });
      await open;
      await insert(owner, "first", 4096);
      await insert(owner, "second");
      const notes: string[] = [];
      const sealer = createSealer({
        database,
        seeds: [Buffer.alloc(32, 6)],
        origin: "example.org/audit",
        now: () => new Date(),
        log: createLog("silent"),
        seen: {
          read: async () => notes.at(-1) ?? null,
          async write(note) {
            if (notes.push(note) > 1) return;
            commit();
            await late;
          },
        },
      });
      const unsealed = () => owner`
        select target_id from audit_entries e
        where not exists (select from audit_leaves where entry_id = e.id)`;
      await sealer.seal();
      expect(await unsealed()).toEqual([]);
      expect(notes.length).toBeGreaterThan(1);
    } finally {
      commit();
      await drop();
    }
  });

  test("grows over tiles and from several nodes at once without a gap or a fork", async () => {
    const other = await startTestServer({ besides: server });
    try {
      const nodes = [server, other, server, other, server, other, server, other];
      const writers = nodes.map(async ({ deps }) => {
        for (let count = 0; count < 40; count += 1) await write(deps);
      });
      await Promise.all(writers);
      await expectWhole(server);
      const [tiles] = await server.owner`select count(*)::int from audit_subtrees where level = 1`;
      expect(tiles?.count).toBeGreaterThanOrEqual(1);
    } finally {
      await other.stop();
    }
    await write(server.deps);
    await expectWhole(server);
  });

  test("leaves nothing to a second turn, and has three of them a second", async () => {
    expect(3 * turnMilliseconds).toBeLessThanOrEqual(1000);
    const { owner, database, connections, drop } = await openScratchDatabase();
    try {
      const sealer = scratchSealer(database);
      const unsealed = () => owner`
        select 1 from audit_entries e
        where not exists (select from audit_leaves where entry_id = e.id)`;
      await sealer.seal();
      const older = await owner.reserve();
      await older`begin`;
      await insert(older, "open");
      // More than a batch, while another transaction that began before is open.
      await insert(owner, "committed", 5000);
      await sealer.seal();
      expect(await unsealed()).toEqual([]);
      await older`commit`;
      older.release();
      await sealer.seal();
      expect(await unsealed()).toEqual([]);
      await raceProcesses(owner, connections, database);
    } finally {
      await drop();
    }
  });

  test("waits for a node that is sealing, and takes over when it dies", async () => {
    const dying = await server.owner.reserve();
    await dying`select pg_advisory_lock(hashtext('muniment audit log'))`;
    const { size } = await checkpointOf(server);
    await write(server.deps);
    await server.deps.sealer.seal();
    expect((await checkpointOf(server)).size).toBe(size);
    await dying`select pg_advisory_unlock(hashtext('muniment audit log'))`;
    dying.release();
    expect((await expectWhole(server)).size).toBeGreaterThan(size);
  });

  test("is watched: administrators are told when entries wait for long, and only then", async () => {
    const clock = createClock();
    const watch = watchSealing(server.deps.database, server.deps.sealer, clock.now);
    const lookLater = async () => {
      clock.advance(31);
      // What the server entered by itself since the last look waits no longer, unless nothing is sealed.
      await server.deps.sealer.seal();
      await watch();
      return alertsOf("audit_log_behind");
    };
    await expectWhole(server);
    await watch();
    expect(await lookLater()).toEqual([]);
    expect(await lookLater()).toEqual([]);
    const dying = await server.owner.reserve();
    await dying`select pg_advisory_lock(hashtext('muniment audit log'))`;
    try {
      await write(server.deps);
      await expect.poll(lookLater).toMatchObject([
        // More where another transaction held back what can be told of the first look.
        { severity: "medium", details: { seconds: expect.any(Number) } },
      ]);
      const [{ details }] = await alertsOf("audit_log_behind");
      expect(details.seconds).toBeGreaterThanOrEqual(30);
      const again = await lookLater();
      expect(again).toHaveLength(1);
      expect(again[0].count).toBeGreaterThan(1);
    } finally {
      await dying`select pg_advisory_unlock(hashtext('muniment audit log'))`;
      dying.release();
    }
    await expectWhole(server);
  });

  test("has an entry that was left behind told of, and seals it then, or after a start", async () => {
    await expectWhole(server);
    const clock = createClock();
    const leaveBehind = () => server.owner`
      insert into audit_entries (id, at, actor_kind, action, target_kind, target_id, outcome, details, personal, xact)
      values (gen_random_uuid(), now(), 'system', 'session.ended', 'session', 'left', 'success', '{}', '{}', '3')`;
    const watch = watchSealing(server.deps.database, server.deps.sealer, clock.now);
    await server.owner`delete from alerts`;
    await leaveBehind();
    await watch();
    clock.advance(31);
    await watch();
    expect(await alertsOf("audit_log_behind")).toHaveLength(1);
    await expectWhole(server);
    await leaveBehind();
    const other = await startTestServer({ besides: server });
    try {
      await expectWhole(server);
    } finally {
      await other.stop();
    }
  });

  test("finds what it must still seal when the database moved to a server with lower transaction ids", async () => {
    await server.owner`
      update audit_checkpoints set cluster = 'another', settled = '9000000000000'
      where size = (select max(size) from audit_checkpoints)`;
    const other = await startTestServer({ besides: server });
    try {
      await write(other.deps);
      await expectWhole(server);
    } finally {
      await other.stop();
    }
  });

  test("keeps the commitments of personal data, which another salt would change", async () => {
    await write(server.deps, "twice");
    await write(server.deps, "twice");
    const rows = await server.owner`
      select target_commitment from audit_entries
      where target_id = 'twice'`;
    expect(rows).toHaveLength(2);
    expect(rows[0]?.target_commitment).not.toEqual(rows[1]?.target_commitment);
  });
});

describe("a log that contradicts what was signed", () => {
  /** What makes this node refuse, and what makes it right again. */
  async function refuses(
    break_: () => Promise<unknown>,
    mend: () => Promise<unknown>,
    why: RegExp,
  ) {
    await expectWhole(server);
    await break_();
    try {
      const restarted = await startTestServer({ besides: server });
      try {
        expect(restarted.deps.sealer.problem()).toMatch(why);
        expect((await restarted.fetch("/readyz")).status).toBe(200);
        must(await member.mutate("agents.create", { name: "still works" }));
        await restarted.deps.sealer.seal();
        expect(restarted.deps.sealer.problem()).toMatch(why);
      } finally {
        await restarted.stop();
      }
    } finally {
      await mend();
    }
    await expectWhole(server);
    await server.deps.sealer.seal();
    expect(server.deps.sealer.problem()).toBeNull();
  }

  const keep = (table: string) =>
    server.owner.unsafe(`create table kept_${table} as table ${table}`);
  const restore = (table: string) =>
    server.owner.unsafe(
      `truncate ${table}; insert into ${table} table kept_${table}; drop table kept_${table}`,
    );

  test("is not extended when its tail was cut, down to an earlier signed checkpoint", async () => {
    await write(server.deps);
    await refuses(
      async () => {
        await keep("audit_leaves");
        await keep("audit_checkpoints");
        await server.owner.unsafe(`
          delete from audit_checkpoints where size = (select max(size) from audit_checkpoints);
          delete from audit_leaves where index >= (select max(size) from audit_checkpoints)`);
      },
      async () => {
        await restore("audit_leaves");
        await restore("audit_checkpoints");
      },
      /the log had \d+ entries before and has \d+ now/,
    );
  });

  test("is not extended by a node that starts on a changed tree", async () => {
    const { size } = await expectWhole(server);
    const [last] = await server.owner`select hash from audit_leaves where index = ${size - 1}`;
    const set = (hash: Uint8Array) =>
      server.owner`update audit_leaves set hash = ${hash} where index = ${size - 1}`;
    await refuses(
      () => set(Buffer.alloc(32)),
      () => set(last?.hash),
      /the tree is not that of the last checkpoint/,
    );
  });

  test("is not extended when it is gone", async () => {
    await refuses(
      async () => {
        await keep("audit_leaves");
        await keep("audit_subtrees");
        await keep("audit_checkpoints");
        await server.owner`truncate audit_leaves, audit_subtrees, audit_checkpoints`;
      },
      async () => {
        await restore("audit_leaves");
        await restore("audit_subtrees");
        await restore("audit_checkpoints");
      },
      /the log is gone/,
    );
  });

  test("is extended under a new key beside the old one, and signed with both", async () => {
    const ring = JSON.parse(readFileSync(join(server.dataDir, "keyring.json"), "utf8"));
    const { size } = await expectWhole(server);
    const env = {
      AUDIT_SIGNING_KEY: `a new key of this test that is long enough,${ring.AUDIT_SIGNING_KEY}`,
    };
    const other = await startTestServer({ besides: server, env });
    try {
      expect(other.deps.sealer.problem()).toBeNull();
      await expect
        .poll(async () => {
          await write(other.deps);
          await other.deps.sealer.seal();
          const { note } = (await readCheckpoint(other.deps.database.audit)) ?? { note: "" };
          return parseNote(note).signatures.length;
        })
        .toBe(2);
      expect((await expectWhole(other)).size).toBeGreaterThan(size);
    } finally {
      await other.stop();
    }
  });

  test("is not extended under a key that never signed it", async () => {
    const env = { AUDIT_SIGNING_KEY: "another key of this test and long enough" };
    await expectWhole(server);
    await server.owner`delete from alerts`;
    const other = await startTestServer({ besides: server, env });
    try {
      expect(other.deps.sealer.problem()).toMatch(/no known key signed it/);
      await write(other.deps);
      await other.deps.sealer.seal();
      // Told once, not at every try.
      expect(await alertsOf("audit_log_stopped")).toMatchObject([
        {
          severity: "high",
          count: 1,
          details: { problem: expect.stringMatching(/no known key signed it/) },
        },
      ]);
    } finally {
      await other.stop();
    }
    const { origin } = await expectWhole(server);
    const stranger = createNoteSigner(other.deps.secrets.auditSigning, origin).keys;
    for (const { note } of await server.owner`select note from audit_checkpoints`) {
      await expect(openNote(note, stranger)).rejects.toThrow();
    }
  });
});
