import { createHash } from "node:crypto";
import type { Database } from "@muniment/db/database.ts";
import { auditRefusals } from "@muniment/db/schema/audit.ts";
import type { ErrorReason } from "@muniment/shared/error-reasons.ts";
import { sql } from "drizzle-orm";
import type { Logger } from "pino";
import type { Principal } from "../identity/principal.ts";
import { clientKey } from "../limits/client-key.ts";
import type { Context } from "../trpc/context.ts";
import { toAuditRow } from "./write.ts";

/** The calls whose refusal is one of a sign-in. */
const signIns: ReadonlySet<string> = new Set([
  "auth.signIn",
  "auth.verifyMfa",
  "auth.passkeySignIn",
]);

type Row = typeof auditRefusals.$inferInsert;

/** Distinct refusals kept between two flushes; what is beyond shares one entry. */
const maxPending = 5000;

export type Refusals = {
  /**
   * Notes a refused call. Identical ones (caller, procedure, reason) fold into one entry per minute;
   * attempts at different accounts, named by `email`, are not identical.
   */
  record(ctx: Context, procedure: string, reason: ErrorReason, email?: string): void;
  /** Writes what was noted. */
  flush(): Promise<void>;
  /** Turns the counters of past minutes into audit entries. */
  close(): Promise<void>;
};

/** Told apart by address too, so that the owner's entry never hides what a stolen session does elsewhere. */
function callerOf(ctx: Context, principal: Principal, email: string | undefined): string {
  if (principal.kind === "apiKey") return principal.keyId;
  const client = clientKey(ctx.request.address);
  if (principal.kind === "user") return `${principal.userId} ${client}`;
  if (email === undefined) return client;
  return `${client} ${createHash("sha256").update(email).digest("base64url").slice(0, 22)}`;
}

export function createRefusals(database: Database, now: () => Date, log: Logger): Refusals {
  let pending = new Map<string, Row>();

  function note(
    ctx: Context,
    principal: Principal,
    procedure: string,
    reason: ErrorReason,
    email: string | undefined,
  ) {
    const at = now();
    const minute = new Date(Math.floor(at.getTime() / 60_000) * 60_000);
    const crowded = pending.size >= maxPending;
    const caller = crowded ? "many" : callerOf(ctx, principal, email);
    const key = `${minute.getTime()} ${caller} ${procedure} ${reason}`;
    const row = pending.get(key);
    if (row) {
      row.count += 1;
      return;
    }
    const details = { procedure, reason, count: 1 };
    const action = signIns.has(procedure) ? "sign_in.refused" : "call.refused";
    const entry = toAuditRow({
      at,
      principal: crowded ? { kind: "anonymous" } : principal,
      request: ctx.request,
      action,
      outcome: "refused",
      target: { kind: "procedure", id: procedure, ...(email ? { label: email } : {}) },
      details,
    });
    // One that many callers share names none of them.
    if (crowded) entry.personal = {};
    pending.set(key, { ...entry, minute, caller, procedure, reason, count: 1 });
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
      for (const [key, row] of taken) {
        pending.set(key, { ...row, count: row.count + (pending.get(key)?.count ?? 0) });
      }
      throw error;
    }
  }

  const write = (rows: Row[]) =>
    database.transaction({}, async (tx) => {
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

  return {
    record(ctx, procedure, reason, email) {
      // Refusals are of calls that were identified already, so this only reads what is there.
      void ctx
        .identify()
        .catch((): Principal => ({ kind: "anonymous" }))
        .then((principal) => note(ctx, principal, procedure, reason, email))
        .catch((error: unknown) => log.error({ err: error }, "a refusal was not recorded"));
    },
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
