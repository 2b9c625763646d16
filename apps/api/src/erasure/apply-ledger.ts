import { randomUUID } from "node:crypto";
import { erasures } from "@muniment/db/schema/erasures.ts";
import { users } from "@muniment/db/schema/users.ts";
import { and, eq, isNotNull, lte, sql } from "drizzle-orm";
import { writeAuditEntry } from "../audit/write.ts";
import { keepAnAdmin } from "../identity/last-admin.ts";
import { afterErasure, type ErasureDeps, eraseUser, prepareErasure } from "./erase-user.ts";

/** Erases a user outside any call: from the ledger, or because the time of grace is over. */
async function eraseNow(deps: ErasureDeps, userId: string, id: string, cause: "self" | "ledger") {
  const prepared = await prepareErasure(deps);
  await deps.database.transaction({ userId }, async (tx) => {
    // Nodes that start at once find the same work.
    await tx.execute(sql`select pg_advisory_xact_lock(hashtext('muniment erasures'))`);
    const done = await tx.select().from(erasures).where(eq(erasures.erasedId, userId));
    if (done.length > 0) return;
    if (cause === "self") await keepAnAdmin(tx, userId);
    const { keys } = await eraseUser(deps, tx, prepared, { id, userId, cause });
    await writeAuditEntry(tx, deps.dataKeys, {
      at: deps.now(),
      principal: { kind: "anonymous" },
      action: "data.erased",
      outcome: "success",
      target: { kind: "user", id: userId },
      details: { erasureId: id, keys },
    });
  });
  await afterErasure(deps, { id, userId });
}

/** Erases those whose time of grace is over. */
export async function eraseDue(deps: ErasureDeps): Promise<void> {
  const due = await deps.database
    .reads({})
    .select({ id: users.id, erasureId: users.erasureId })
    .from(users)
    .where(and(isNotNull(users.eraseAt), lte(users.eraseAt, deps.now())));
  for (const { id, erasureId } of due) await eraseNow(deps, id, erasureId ?? randomUUID(), "self");
}

/**
 * Completes the ledger from the database and the database from the ledger: whom only the ledger knows
 * was brought back by a backup, and is erased again. Answers how many were.
 */
export async function applyErasureLedger(deps: ErasureDeps): Promise<number> {
  const lines = await deps.ledger.read();
  const rows = await deps.database
    .reads({})
    .select({ id: erasures.id, erased: erasures.erasedId, at: erasures.erasedAt })
    .from(erasures);
  const inDatabase = new Set(rows.map(({ erased }) => erased));
  const inLedger = new Set(lines.map(({ erased }) => erased));
  await deps.ledger.append(
    rows
      .filter(({ erased }) => !inLedger.has(erased))
      .map(({ id, erased, at }) => ({ id, erased, at: at.toISOString() })),
  );
  const back = new Map(
    lines.filter(({ erased }) => !inDatabase.has(erased)).map((one) => [one.erased, one]),
  );
  for (const { id, erased } of back.values()) await eraseNow(deps, erased, id, "ledger");
  return back.size;
}
