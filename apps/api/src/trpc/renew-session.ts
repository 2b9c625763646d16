import type { Tx } from "@muniment/db/database.ts";
import { sessionCookie } from "../http/cookies.ts";
import type { UserPrincipal } from "../identity/principal.ts";
import { enterScope } from "../identity/scope.ts";
import { endSessions, renewToken } from "../identity/sessions.ts";
import type { Context } from "./context.ts";

type Changing = Context & {
  principal: UserPrincipal;
  tx: Tx;
  afterCommit(act: () => void): void;
};

/**
 * Gives the caller's session another token: after every authentication and every change of what it
 * may do, so that one which leaked before is worth nothing (ASVS 5.0, 7.2.4). A program goes on with
 * the access token that it has.
 */
export async function renewSession(ctx: Changing): Promise<void> {
  const { deps, principal, tx } = ctx;
  ctx.afterCommit(deps.identities.forget);
  if (principal.via !== "browser") return;
  const { token, endsAt } = await renewToken(tx, principal.sessionId, deps.config);
  ctx.afterCommit(() => {
    deps.identities.noteRenewed(principal.sessionId);
    ctx.response.cookies.push(sessionCookie(deps.config, token, endsAt));
  });
}

/**
 * What every change of a password, a factor, the e-mail address or a role does: ends the user's
 * sessions and tokens, and where the caller changes their own account, renews the session of this
 * call instead of ending it. Moves `tx` into the user's scope and answers how many it ended.
 */
export async function endOtherSessions(
  ctx: Changing,
  userId = ctx.principal.userId,
): Promise<number> {
  const { deps, principal, tx } = ctx;
  enterScope(tx, userId);
  const ended = await endSessions(tx, userId, principal.sessionId);
  if (userId === principal.userId) await renewSession(ctx);
  else ctx.afterCommit(deps.identities.forget);
  return ended;
}
