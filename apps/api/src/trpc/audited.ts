import type { Tx } from "@muniment/db/database.ts";
import { afterCommit } from "@muniment/db/transactions.ts";
import type { AuditAction, AuditDetails } from "@muniment/shared/audit-actions.ts";
import { noteAct } from "../abuse/note-act.ts";
import { writeAuditEntry } from "../audit/write.ts";
import type { AppError } from "../errors.ts";
import type { Principal } from "../identity/principal.ts";
import type { Context } from "./context.ts";
import { procedure } from "./init.ts";

/** What the handler says of its act; who, when, from where and which action are known already. */
export type AuditFacts<A extends AuditAction> = {
  target: { kind: string; id: string; label?: string };
  /** The acting user where the call itself was anonymous (sign-in, sign-up). */
  actor?: { userId: string; label: string };
  /** Needed only where a procedure may leave one of several actions. */
  action?: A;
} & (AuditDetails<A> extends Record<string, never>
  ? { details?: Record<string, never> }
  : { details: AuditDetails<A> });

/**
 * Opens the transaction of a change and commits it only together with its audit entry: a failed
 * handler rolls back, and so does one that wrote no entry (`apps/api/test/audit.test.ts`). Only what
 * a handler throws by `commitAndRefuse` keeps its change: refusing is then part of it.
 */
export function audited<A extends AuditAction>(...actions: [A, ...A[]]) {
  return procedure.meta({ audit: actions }).use(async function auditChange({ ctx, next }) {
    const { principal, deps, request } = ctx as Context & { principal?: Principal };
    const userId = principal && principal.kind !== "anonymous" ? principal.userId : undefined;
    // Before a connection is lent, not while others wait for it.
    if (userId) await deps.dataKeys.idOf(userId);
    let refusal: AppError | undefined;
    const commitAndRefuse = (error: AppError): never => {
      refusal = error;
      throw error;
    };
    const result = await deps.database.transaction(userId ? { userId } : {}, async (tx) => {
      let written = 0;
      const audit = async (facts: AuditFacts<A>) => {
        const action = facts.action ?? actions[0];
        await writeAuditEntry(tx, deps.dataKeys, {
          at: deps.now(),
          principal: principal ?? { kind: "anonymous" },
          request,
          action,
          outcome: "success",
          target: facts.target,
          details: facts.details ?? {},
          ...(facts.actor ? { actor: facts.actor } : {}),
        });
        written += 1;
        const act = { action, target: facts.target.id, details: facts.details ?? {} };
        afterCommit(tx, () => noteAct(deps, principal, request, act));
      };
      const answer = await next({
        ctx: {
          tx: tx as Tx,
          audit,
          afterCommit: (act: () => void) => afterCommit(tx, act),
          commitAndRefuse,
        },
      });
      if (!answer.ok && answer.error !== refusal) throw answer.error;
      if (written === 0) throw new Error(`${actions.join(", ")}: no audit entry was written`);
      return answer;
    });
    if (!result.ok) throw result.error;
    return result;
  });
}
