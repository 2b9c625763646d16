import type { Tx } from "@muniment/db/database.ts";
import { erasures } from "@muniment/db/schema/erasures.ts";
import { users } from "@muniment/db/schema/users.ts";
import type { AlertDetails } from "@muniment/shared/alerts.ts";
import { and, asc, count, eq, lte, sql } from "drizzle-orm";
import { v7 as uuidv7 } from "uuid";
import { raiseAlert } from "../alerts/raise.ts";
import { writeAuditEntry } from "../audit/write.ts";
import { finishedBy } from "../egress/until.ts";
import { keepAnAdmin } from "../identity/last-admin.ts";
import { afterErasure, type ErasureDeps, eraseUser, prepareErasure } from "./erase-user.ts";
import type { LedgerLine, LedgerPlace, Listed } from "./ledger.ts";

/** Whether the time of grace is over still, which nobody takes back from here on. */
async function isDue(tx: Tx, userId: string, now: Date): Promise<boolean> {
  const found = await tx
    .select({ id: users.id })
    .from(users)
    .where(and(eq(users.id, userId), lte(users.eraseAt, now)))
    .for("no key update");
  return found.length > 0;
}

/** Erases a user outside any call: from the ledger, or because the time of grace is over. */
async function eraseNow(deps: ErasureDeps, userId: string, id: string, cause: "self" | "ledger") {
  const prepared = await prepareErasure(deps);
  const isErased = await deps.database.transaction({ userId }, async (tx) => {
    // Nodes that start at once find the same work.
    await tx.execute(sql`select pg_advisory_xact_lock(hashtext('muniment erasures'))`);
    const done = await tx.select().from(erasures).where(eq(erasures.erasedId, userId));
    if (done.length > 0) return false;
    if (cause === "self") {
      await keepAnAdmin(tx, userId);
      if (!(await isDue(tx, userId, deps.now()))) return false;
    }
    const { keys } = await eraseUser(deps, tx, prepared, { id, userId, cause });
    await writeAuditEntry(tx, deps.dataKeys, {
      at: deps.now(),
      principal: { kind: "anonymous" },
      action: "data.erased",
      outcome: "success",
      target: { kind: "user", id: userId },
      details: { erasureId: id, keys },
    });
    return true;
  });
  if (isErased) await afterErasure(deps, { id, userId });
}

/** Erases those whose time of grace is over. Who cannot be, such as the last administrator, keeps no other waiting. */
export async function eraseDue(deps: ErasureDeps): Promise<void> {
  const due = await deps.database
    .background({})
    .select({ id: users.id, erasureId: users.erasureId })
    .from(users)
    .where(lte(users.eraseAt, deps.now()))
    .orderBy(asc(users.eraseAt));
  for (const { id, erasureId } of due) {
    await eraseNow(deps, id, erasureId ?? uuidv7(), "self").catch((error: unknown) =>
      deps.log.warn({ err: error }, "an erasure that is due is tried again in a minute"),
    );
  }
}

/** What lists that answer later than this know is asked for again in a minute. */
const patienceMilliseconds = 30_000;

type List = Listed & { place: LedgerPlace };

/** What each list says that can be reached; that of this node must be. */
async function readLists({ ledger, log }: ErasureDeps): Promise<List[]> {
  const endsAt = performance.now() + patienceMilliseconds;
  const own = { place: ledger.own, ...(await ledger.own.read(endsAt)) };
  const others = (await ledger.others()).map(async (place) => {
    try {
      return [{ place, ...(await finishedBy(endsAt, place.read(endsAt))) }];
    } catch (error) {
      log.warn({ err: error, place: place.name }, "a list of erasures cannot be read now");
      return [];
    }
  });
  return [own, ...(await Promise.all(others)).flat()];
}

const withoutRepeats = (lines: readonly LedgerLine[]) =>
  new Map(lines.map((one) => [one.erased, one]));

type CompletedLedger = {
  /** The lists that hold every erasure now. */
  places: string[];
  /** Whom only a list knows: a restored backup brought them back. */
  broughtBack: LedgerLine[];
  /** No list was there. */
  missing: boolean;
  /** How many only the database knew. */
  unlisted: number;
  /** Whom lines name that no key of `ENCRYPTION_KEY` stamped. */
  foreign: string[];
};

/** Completes the lists of erasures from the database and from one another. */
export async function completeLedger(deps: ErasureDeps): Promise<CompletedLedger> {
  const lists = await readLists(deps);
  const rows = await deps.database
    .background({})
    .select({ id: erasures.id, erased: erasures.erasedId, at: erasures.erasedAt })
    .from(erasures);
  const inDatabase = new Set(rows.map(({ erased }) => erased));
  const listed = withoutRepeats(lists.flatMap(({ lines }) => lines ?? []));
  const all = withoutRepeats([
    ...listed.values(),
    ...rows.map(({ id, erased, at }) => ({ id, erased, at: at.toISOString() })),
  ]);
  const completed = lists.map(async ({ place, lines }) => {
    const has = new Set(lines?.map(({ erased }) => erased));
    const lacking = [...all.values()].filter(({ erased }) => !has.has(erased));
    try {
      if (lines === null || lacking.length > 0) await place.append(lacking);
      return [place.name];
    } catch (error) {
      if (place === deps.ledger.own) throw error;
      deps.log.warn({ err: error, place: place.name }, "a list of erasures cannot be written now");
      return [];
    }
  });
  return {
    places: (await Promise.all(completed)).flat(),
    broughtBack: [...listed.values()].filter(({ erased }) => !inDatabase.has(erased)),
    missing: lists.every(({ lines }) => lines === null),
    unlisted: rows.filter(({ erased }) => !listed.has(erased)).length,
    foreign: lists.flatMap(({ foreign }) => foreign.map(({ erased }) => erased)),
  };
}

/** Completes the lists, and erases again whom a backup had brought back. */
export async function applyErasureLedger(deps: ErasureDeps): Promise<CompletedLedger> {
  const completed = await completeLedger(deps);
  for (const { id, erased } of completed.broughtBack) await eraseNow(deps, erased, id, "ledger");
  return completed;
}

/** How many of those have an account, which nobody has who was erased. */
async function countAccounts({ database }: ErasureDeps, ids: readonly string[]): Promise<number> {
  if (ids.length === 0) return 0;
  const among = sql`${users.id} in (
    select json_array_elements_text(${JSON.stringify(ids)}::text::json)::uuid)`;
  const [row] = await database.background({}).select({ people: count() }).from(users).where(among);
  return row?.people ?? 0;
}

const tell = ({ database, now }: ErasureDeps, details: AlertDetails<"erasures_unlisted">) =>
  database.transaction({}, (tx) =>
    raiseAlert(tx, "erasures_unlisted", { userId: null, key: "ledger", details, now: now() }),
  );

/** The same before anything is served, which says what a restored backup may have done. */
export async function applyErasureLedgerFirst(deps: ErasureDeps): Promise<void> {
  const { database, log } = deps;
  const { broughtBack, missing, unlisted, foreign } = await applyErasureLedger(deps);
  if (broughtBack.length > 0) {
    log.warn(
      { people: broughtBack.length },
      "a backup had brought erased people back; they are erased again",
    );
  }
  const back = await countAccounts(deps, foreign);
  if (back > 0) {
    log.warn(
      { people: back },
      "lists of erasures name people with an account, in lines that no key of ENCRYPTION_KEY stamped; if a backup of before a rotation was restored, start with ENCRYPTION_KEY=<of the backup>,<newer>",
    );
  }
  if (!missing) {
    if (unlisted > 0) {
      log.warn(
        { people: unlisted },
        "the list of erasures was older than the database; it lacked people, and others may be missing in both",
      );
    }
    if (back > 0) await tell(deps, { known: unlisted, foreign: back });
    return;
  }
  const [anybody] = await database.background({}).select({ id: users.id }).from(users).limit(1);
  // A new installation has neither.
  if (!anybody && unlisted === 0) return;
  log.warn(
    { people: unlisted },
    "there is no list of erasures beside a database that is not new; if a backup was restored, who was erased since is back",
  );
  await tell(deps, { known: unlisted, ...(back > 0 ? { foreign: back } : {}) });
}
