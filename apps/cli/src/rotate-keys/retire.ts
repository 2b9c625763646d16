import type { SecretName } from "@muniment/api/config.ts";
import { findDependents, type RingUse } from "@muniment/api/key-rotation/dependents.ts";
import { encryptedColumns } from "@muniment/api/key-rotation/encrypted-columns.ts";
import { dropOldElements } from "@muniment/api/keyring.ts";
import type postgres from "postgres";
import { exitCodes, type Io } from "../command.ts";
import type { Installation } from "../installation.ts";
import { overOwner, sourceOf } from "./over-owner.ts";
import { notInUse, sentence } from "./status.ts";

type Asked = { names: readonly SecretName[]; accept: boolean; json: boolean };

/** How long writers may be waited for; while they are, others wait behind this. */
const lockPatience = "2s";

/**
 * Lets nobody write what is encrypted until the transaction ends: else a change that is under way could
 * put back, behind the count, what it had read under an older element.
 */
async function holdWriters(sql: postgres.TransactionSql) {
  await sql`select set_config('lock_timeout', ${lockPatience}, true)`;
  for (const table of [...new Set(encryptedColumns.map((one) => one.table))].sort()) {
    await sql`lock table ${sql(table)} in share mode`;
  }
}

/** What keeps the older elements of a ring. */
const blockers = ({ dependents }: RingUse, accept: boolean) =>
  dependents.filter(({ acceptable }) => !(acceptable && accept));

/** Drops the older elements of rings that nothing depends on; says of the others why not. */
export async function retire(
  installation: Installation,
  { names, accept, json }: Asked,
  io: Io,
): Promise<number> {
  const { config, secrets, given, rings } = installation;
  const old = names.filter((name) => rings[name].length > 1);
  const uses = await overOwner(installation, (sql) =>
    sql.begin(async (tx) => {
      if (old.includes("ENCRYPTION_KEY")) await holdWriters(tx);
      const found = await findDependents(tx, { config, secrets, now: new Date() });
      const ready = old.filter(
        (name) => found[name].newestInUseSince && blockers(found[name], accept).length === 0,
      );
      const kept = ready.filter((name) => sourceOf(given[name]) === "keyring.json");
      if (kept.length > 0) dropOldElements(config.dataDir, kept, rings);
      return { found, ready };
    }),
  );
  const { found, ready } = uses as { found: Record<SecretName, RingUse>; ready: SecretName[] };
  const refused = old.filter((name) => !ready.includes(name));
  const results = old.map((name) => ({
    name,
    from: sourceOf(given[name]),
    retired: ready.includes(name),
    newestInUseSince: found[name].newestInUseSince,
    dependents: found[name].dependents,
  }));
  if (json) {
    io.stdout.write(`${JSON.stringify({ rings: results })}\n`);
  } else {
    if (old.length === 0) io.stdout.write("No ring has an older element.\n");
    for (const { name, from, retired } of results) {
      if (retired) {
        io.stdout.write(
          from === "environment"
            ? `${name}: nothing depends on its older elements; set it to the first alone, and restart\n`
            : `${name}: its older elements are dropped; restart the server\n`,
        );
        continue;
      }
      const why = found[name].newestInUseSince
        ? blockers(found[name], accept).map(sentence)
        : [notInUse];
      io.stderr.write(`${name}: not retired\n${why.join("\n")}\n`);
    }
  }
  return refused.length > 0 ? exitCodes.failed : exitCodes.ok;
}
