import type { Tx } from "@muniment/db/database.ts";
import { totpFactors } from "@muniment/db/schema/second-factors.ts";
import type { AuthenticationMethod } from "@muniment/shared/second-factors.ts";
import { and, eq, lt } from "drizzle-orm";
import type { Deps } from "../deps.ts";
import { takeRecoveryCode } from "./recovery-codes.ts";
import { stepOfCode } from "./totp.ts";

/** Where an authenticator app's secret may be read, and nowhere else. */
export const totpPlace = (userId: string) => `totp_factors.secret:${userId}`;

async function takeTotpCode(
  { encryption, now }: Pick<Deps, "encryption" | "now">,
  tx: Tx,
  userId: string,
  code: string,
): Promise<boolean> {
  const [factor] = await tx.select().from(totpFactors).where(eq(totpFactors.userId, userId));
  if (!factor?.secret) return false;
  const secret = encryption.decrypt(factor.secret, totpPlace(userId));
  const step = stepOfCode(secret, code, now(), factor.lastStep);
  if (step === null) return false;
  // Whoever comes second waits for the first here, and then finds the step used (`second-factor-races.test.ts`).
  const taken = await tx
    .update(totpFactors)
    .set({ lastStep: step })
    .where(and(eq(totpFactors.userId, userId), lt(totpFactors.lastStep, step)))
    .returning({ userId: totpFactors.userId });
  return taken.length > 0;
}

/** The six digits of an authenticator app in what was typed; null when it is something else. */
export function appCodeIn(code: string): string | null {
  const digits = code.replaceAll(/\s/g, "");
  return /^\d{6}$/.test(digits) ? digits : null;
}

/**
 * Uses up a code of an authenticator app, or a recovery code, of the user whose scope `tx` is in, and
 * answers which it was; null when it is wrong. Of parallel callers exactly one succeeds, and only if
 * `tx` commits; the owner is told of a recovery code. Who calls it counts the wrong ones (`authLimited`, `codesLimited`).
 */
export async function takeCode(
  deps: Pick<Deps, "encryption" | "now" | "notify">,
  tx: Tx,
  { id, email }: { id: string; email: string },
  code: string,
  origin: Parameters<Deps["notify"]>[3],
): Promise<Extract<AuthenticationMethod, "totp" | "recovery_code"> | null> {
  const digits = appCodeIn(code);
  if (digits) return (await takeTotpCode(deps, tx, id, digits)) ? "totp" : null;
  if (!(await takeRecoveryCode(tx, id, code))) return null;
  await deps.notify(tx, email, { kind: "recovery_code_used" }, origin);
  return "recovery_code";
}
