import { createDataKeys } from "../../apps/api/src/audit/data-keys.ts";
import { turnMilliseconds } from "../../apps/api/src/audit/sealer.ts";
import { sealRows, toAuditRow } from "../../apps/api/src/audit/write.ts";
import { createEncryption } from "../../apps/api/src/encryption.ts";
import { connect } from "../../packages/db/src/connection.ts";
import type { Database } from "../../packages/db/src/database.ts";
import { inTurns } from "../in-turns.ts";
import type { Part } from "../rows.ts";
import { newEntry, open, sealerOn, seeds, startDatabase, append as write } from "./database.ts";

const writers = 16;
const each = 500;

type Row = Awaited<ReturnType<typeof sealRows>>[number];

/** The same columns, found by the same indexes; without the one that sealing needs. */
const unchained = `
  create table unchained (like audit_entries including all);
  alter table unchained drop column xact;
  create index on unchained (at, id);
  create index on unchained (action, at, id);
  create index on unchained (actor_id, at, id);
  create index on unchained (target_id, at, id);
  create index on unchained using gin ((details -> 'subjects') jsonb_path_ops)
    where (details -> 'subjects') is not null;
  create index on unchained (at, id) where (details -> 'everyone') is not null;
  grant insert on unchained to public`;

/** Begin, insert, commit, as an application without a chain would write its log. */
const insertOne = (sql: ReturnType<typeof connect>, row: Row) =>
  sql.begin(async (tx) => {
    await tx`
      insert into unchained (id, at, actor_kind, actor_id, action, target_kind, target_id, outcome,
        request_id, details, personal, actor_commitment, target_commitment)
      values (${row.id}, ${row.at}, ${row.actorKind}, ${row.actorId}, ${row.action},
        ${row.targetKind}, ${row.targetId}, ${row.outcome}, ${row.requestId},
        ${tx.json(row.details as never)}, ${tx.json(row.personal as never)},
        ${row.actorCommitment}, ${row.targetCommitment})`;
  });

const perSecond = async (act: () => Promise<unknown>) => {
  const started = performance.now();
  await act();
  return (1000 * writers * each) / (performance.now() - started);
};

/** Appends, while a node seals as often as a server does; done when all is sealed. */
async function appendSealed(database: Database, sealer: ReturnType<typeof sealerOn>) {
  const turns = setInterval(() => void sealer.seal(), turnMilliseconds);
  await write(database, writers, each);
  clearInterval(turns);
  await sealer.seal();
}

/** Entries by 16 writers, each in a transaction of its own, against inserts that nothing is done with. */
export const append: Part = async () => {
  const bench = await startDatabase();
  const database = open(bench.connections);
  const plain = connect(bench.connections.app, { max: writers, applicationName: "plain" });
  try {
    await bench.owner.unsafe(unchained);
    const keys = createDataKeys(database.raw, createEncryption(seeds), seeds);
    const rows = () =>
      sealRows(
        keys,
        Array.from({ length: each }, () => toAuditRow(newEntry())),
      );
    const insertAll = async () => {
      const made = await Promise.all(Array.from({ length: writers }, rows));
      return perSecond(() =>
        Promise.all(
          made.map(async (own) => {
            for (const row of own) await insertOne(plain, row);
          }),
        ),
      );
    };
    const sealer = sealerOn(database);
    let rounds = 0;
    const appendAll = () => {
      rounds += 1;
      return perSecond(() => appendSealed(database, sealer));
    };
    await appendAll();
    await insertAll();
    const rates = await inTurns(appendAll, insertAll);
    const [stored] = await bench.owner`
      select (select count(*)::int from audit_leaves) as ours, (select count(*)::int from unchained) as plain`;
    const asked = rounds * writers * each;
    if (stored?.ours !== asked || stored?.plain !== asked)
      throw new Error(`${JSON.stringify(stored)} are stored instead of ${asked}`);
    return {
      row: {
        name: "appending to the audit log, 16 writers, sealed meanwhile",
        unit: "entries/s",
        ...rates,
        target: 100,
        note: "postgres.js: begin, one insert of such a row as it is stored, commit; same indexes, nothing sealed",
      },
    };
  } finally {
    await plain.end({ timeout: 2 });
    await database.close();
    await bench.stop();
  }
};
