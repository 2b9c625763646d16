import type { ErrorReason } from "@muniment/shared/error-reasons.ts";
import type { Logger } from "pino";
import { noteRefusal } from "../abuse/note-refusal.ts";
import type { Sightings } from "../abuse/sightings.ts";
import type { Principal } from "../identity/principal.ts";
import { clientKey } from "../limits/client-key.ts";
import { createFoldedLines } from "../telemetry/folded-lines.ts";
import type { Context } from "../trpc/context.ts";
import type { Folding } from "./folding.ts";

/** The calls whose refusal is one of a sign-in. */
const signIns: ReadonlySet<string> = new Set([
  "auth.signIn",
  "auth.verifyMfa",
  "auth.passkeySignIn",
]);

export type Refusals = {
  /**
   * Notes a refused call. Identical ones (caller, procedure, reason) fold into one entry per minute;
   * attempts at different accounts, named by `email`, are not identical.
   */
  record(ctx: Context, procedure: string, reason: ErrorReason, email?: string): void;
  /** Tells the log what it only counted so far. */
  close(): void;
};

/** Told apart by address too, so that the owner's entry never hides what a stolen session does elsewhere. */
function callerOf(ctx: Context, principal: Principal, email = ""): string {
  if (principal.kind === "apiKey") return principal.keyId;
  const client = clientKey(ctx.request.address);
  return principal.kind === "user" ? `${principal.userId} ${client}` : `${client} ${email}`;
}

export function createRefusals(
  folding: Folding,
  sightings: Pick<Sightings, "note" | "hashed">,
  now: () => Date,
  log: Logger,
): Refusals {
  function note(
    ctx: Context,
    principal: Principal,
    procedure: string,
    reason: ErrorReason,
    email: string | undefined,
  ) {
    folding.note({
      entry: {
        at: now(),
        principal,
        request: ctx.request,
        action: signIns.has(procedure) ? "sign_in.refused" : "call.refused",
        outcome: "refused",
        target: { kind: "procedure", id: procedure, ...(email ? { label: email } : {}) },
      },
      caller: callerOf(ctx, principal, email),
      procedure,
      reason,
      details: { procedure, reason },
    });
  }

  // Who it was stands in the audit log alone, from which it goes with the account; the id leads there.
  const lines = createFoldedLines<{ procedure: string; reason: ErrorReason }>(
    (fields) => log.warn(fields, "refused"),
    1,
  );

  return {
    close: lines.close,
    record(ctx, procedure, reason, email) {
      lines.note({ procedure, reason }, { requestId: ctx.request.id });
      // Refusals are of calls that were identified already, so this only reads what is there.
      void ctx
        .identify()
        .catch((): Principal => ({ kind: "anonymous" }))
        .then((principal) => {
          noteRefusal(sightings, principal, ctx.request, reason);
          note(ctx, principal, procedure, reason, email);
        })
        .catch((error: unknown) => log.error({ err: error }, "a refusal was not recorded"));
    },
  };
}
