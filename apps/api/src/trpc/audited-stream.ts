import type { AuditAction, AuditDetails } from "@muniment/shared/audit-actions.ts";
import { writeAuditEntry } from "../audit/write.ts";
import type { UserPrincipal } from "../identity/principal.ts";
import type { Context } from "./context.ts";
import { procedure } from "./init.ts";

type Facts<A extends AuditAction> = {
  target: { kind: string; id: string; label?: string };
  details: AuditDetails<A>;
};

/**
 * For a stream that acts: the handler writes its entry by `audit`, in a transaction of its own, as a
 * stream lasts longer than a transaction may. One that wrote none by its end fails.
 */
export function auditedStream<A extends AuditAction>(action: A) {
  return procedure.meta({ audit: [action] }).use(async function auditStream({ ctx, next }) {
    const { principal, deps, request } = ctx as Context & { principal: UserPrincipal };
    let written = 0;
    const audit = async ({ target, details }: Facts<A>) => {
      await deps.database.transaction({ userId: principal.userId }, (tx) =>
        writeAuditEntry(tx, deps.dataKeys, {
          ...{ at: deps.now(), principal, request, action, outcome: "success", target, details },
        }),
      );
      written += 1;
    };
    const result = await next({ ctx: { audit } });
    if (!result.ok) return result;
    async function* whole(stream: AsyncIterable<unknown>) {
      yield* stream;
      if (written === 0) throw new Error(`${action}: no audit entry was written`);
    }
    return { ...result, data: whole(result.data as AsyncIterable<unknown>) };
  });
}
