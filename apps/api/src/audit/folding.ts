import { createHmac } from "node:crypto";
import type { Database } from "@muniment/db/database.ts";
import { auditRefusals } from "@muniment/db/schema/audit.ts";
import { sql } from "drizzle-orm";
import type { DataKeys } from "./data-keys.ts";
import { type NewAuditEntry, sealRows, toAuditRow } from "./write.ts";

type Counter = Pick<
  typeof auditRefusals.$inferInsert,
  "minute" | "caller" | "procedure" | "reason" | "count"
>;
type Pending = { counter: Counter; entry: ReturnType<typeof toAuditRow> };

/** Distinct entries kept between two flushes; what is beyond shares one. */
const maxPending = 5000;

/** An entry that stands for all of its minute with the same caller, procedure and reason. */
export type FoldedEntry = {
  entry: Omit<NewAuditEntry, "details">;
  /** Who calls, and of whom where that matters; only a keyed hash of it is stored. */
  caller: string;
  procedure: string;
  reason: string;
  details: Record<string, unknown>;
  /** What it becomes where there are too many at once; else it shares an entry that names no caller. */
  crowded?: Pick<FoldedEntry, "entry" | "caller" | "details">;
};

export type Folding = {
  note(folded: FoldedEntry): void;
  /** Writes what was noted. */
  flush(): Promise<void>;
  /** Turns the counters of past minutes into audit entries. */
  close(): Promise<void>;
};

/**
 * Counts what would otherwise let anybody grow the audit log at will: identical things fold into one
 * entry per minute with a count (docs/adr/0007). `key` hides the callers, who may be addresses.
 */
export function createFolding(
  database: Database,
  keys: Pick<DataKeys, "seal">,
  key: Buffer,
  now: () => Date,
): Folding {
  let pending = new Map<string, Pending>();
  const hashed = (caller: string) =>
    createHmac("sha256", key).update(caller).digest("base64url").slice(0, 22);

  function note(folded: FoldedEntry) {
    const isCrowded = pending.size >= maxPending;
    const { procedure, reason } = folded;
    const { entry, caller, details } = (isCrowded && folded.crowded) || folded;
    const minute = new Date(Math.floor(entry.at.getTime() / 60_000) * 60_000);
    const namesNone = isCrowded && !folded.crowded;
    const by = namesNone ? "many" : hashed(caller);
    const place = `${minute.getTime()} ${by} ${procedure} ${reason}`;
    const known = pending.get(place);
    if (known) {
      known.counter.count += 1;
      return;
    }
    const made = toAuditRow({
      ...entry,
      ...(namesNone ? { principal: { kind: "anonymous" } } : {}),
      details: { ...details, count: 1 },
    });
    // One that many callers share names none of them.
    if (namesNone) made.personal = {};
    const counter = { minute, caller: by, procedure, reason, count: 1 };
    pending.set(place, { counter, entry: made });
  }

  async function flush() {
    if (pending.size === 0) return;
    const taken = pending;
    pending = new Map();
    // Nodes that write the same rows must do it in the same order, or they deadlock.
    const inOrder = [...taken].sort(([a], [b]) => (a < b ? -1 : 1));
    try {
      await write(inOrder.map(([, row]) => row));
    } catch (error) {
      for (const [place, { counter, entry }] of taken) {
        counter.count += pending.get(place)?.counter.count ?? 0;
        pending.set(place, { counter, entry });
      }
      throw error;
    }
  }

  async function write(noted: Pending[]) {
    const sealed = await sealRows(
      keys,
      noted.map(({ entry }) => entry),
    );
    const rows = noted.flatMap(({ counter }, at) => {
      const row = sealed[at];
      return row ? [{ ...row, ...counter }] : [];
    });
    await database.transaction({}, async (tx) => {
      for (let at = 0; at < rows.length; at += 500) {
        await tx
          .insert(auditRefusals)
          .values(rows.slice(at, at + 500))
          .onConflictDoUpdate({
            target: [
              auditRefusals.minute,
              auditRefusals.caller,
              auditRefusals.procedure,
              auditRefusals.reason,
            ],
            set: { count: sql`${auditRefusals.count} + excluded.count` },
          });
      }
    });
  }

  return {
    note,
    flush,
    async close() {
      await database.transaction({}, (tx) =>
        tx.execute(sql`
          with closed as (
            delete from audit_refusals where minute < ${new Date(now().getTime() - 60_000).toISOString()}::timestamptz returning *
          )
          insert into audit_entries
            (id, at, actor_kind, actor_id, action, target_kind, target_id, outcome, request_id, details, personal,
              actor_commitment, target_commitment)
          select id, at, actor_kind, actor_id, action, target_kind, target_id, outcome, request_id,
            details || jsonb_build_object('count', count), personal,
            actor_commitment, target_commitment
          from closed`),
      );
    },
  };
}
