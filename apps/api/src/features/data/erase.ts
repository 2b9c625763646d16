import { users } from "@muniment/db/schema/users.ts";
import { eraseInput, eraseResult } from "@muniment/shared/own-data.ts";
import { eq } from "drizzle-orm";
import { v7 as uuidv7 } from "uuid";
import { afterErasure, eraseUser, prepareErasure } from "../../erasure/erase-user.ts";
import { endedSessionCookie } from "../../http/cookies.ts";
import { acceptProof, proveOwnPassword } from "../../identity/credentials.ts";
import { keepAnAdmin } from "../../identity/last-admin.ts";
import { audited } from "../../trpc/audited.ts";
import { authLimitedForSelf } from "../../trpc/auth-limited.ts";
import { signedIn } from "../../trpc/authenticated.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";
import { recentlyAuthenticated } from "../../trpc/recently-authenticated.ts";

/** Erases the caller, at once or after a time of grace in which `data.cancelErasure` takes it back. */
export const erase = limited("general")
  .meta({ bodyBytes: 4096 })
  .concat(signedIn)
  .concat(permission("data:write"))
  .concat(recentlyAuthenticated)
  .concat(authLimitedForSelf)
  .input(eraseInput)
  .use(async function checkPassword({ ctx: { deps, principal }, input, next }) {
    const proof = await proveOwnPassword(deps, principal.userId, input.password);
    return next({ ctx: { proof, prepared: await prepareErasure(deps) } });
  })
  .concat(audited("data.erased", "data.erasure_requested"))
  .output(eraseResult)
  .mutation(async ({ ctx, input: { graceSeconds } }) => {
    const { deps, tx, audit, afterCommit, principal, proof, prepared, response, request } = ctx;
    const { userId, email } = principal;
    await keepAnAdmin(tx, userId);
    const user = await acceptProof(tx, proof);
    const id = user.erasureId ?? uuidv7();
    const target = { kind: "user", id: userId, label: email };
    if (graceSeconds > 0) {
      const eraseAt = new Date(deps.now().getTime() + graceSeconds * 1000);
      await tx.update(users).set({ eraseAt, erasureId: id }).where(eq(users.id, userId));
      await audit({ action: "data.erasure_requested", target, details: { graceSeconds } });
      await deps.notify(tx, email, { kind: "erasure_requested" }, request);
      return { status: "scheduled", id, eraseAt: eraseAt.toISOString() };
    }
    const erasure = await eraseUser(deps, tx, prepared, { id, userId, cause: "self" });
    await audit({ target, details: { erasureId: id, keys: erasure.keys } });
    afterCommit(() => {
      void afterErasure(deps, { id, userId }).catch((error: unknown) =>
        deps.log.error({ err: error }, "the ledger of erasures will be completed later"),
      );
      if (principal.via === "browser") response.cookies.push(endedSessionCookie(deps.config));
    });
    return { status: "erased", id, certificate: erasure.certificate };
  });
