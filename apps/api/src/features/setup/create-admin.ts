import { linkTokens } from "@muniment/db/schema/link-tokens.ts";
import { users } from "@muniment/db/schema/users.ts";
import { createAdminInput, signedInResult } from "@muniment/shared/accounts.ts";
import { eq, sql } from "drizzle-orm";
import { v7 as uuidv7 } from "uuid";
import { AppError } from "../../errors.ts";
import { takeLinkToken } from "../../identity/link-token.ts";
import { hashNewPassword } from "../../identity/new-password.ts";
import { audited } from "../../trpc/audited.ts";
import { anyone } from "../../trpc/authenticated.ts";
import { countsFailures } from "../../trpc/counts-failures.ts";
import { limited } from "../../trpc/limited.ts";
import { startsSession, toMe } from "../../trpc/starts-session.ts";
import { withLink } from "../../trpc/with-link.ts";
import { isSetupNeeded } from "./setup-token.ts";

const invalid = () =>
  new AppError("invalid_token", "This setup link is not valid, or has been used already.");

export const createAdmin = limited("general")
  .meta({ bodyBytes: 4096 })
  .concat(anyone)
  .concat(countsFailures)
  .concat(startsSession)
  .input(createAdminInput)
  .concat(withLink("setup"))
  .use(async function choosePassword({ ctx, input, next }) {
    return next({ ctx: { chosen: await hashNewPassword(ctx.deps, input.password, input) } });
  })
  .concat(audited("setup.completed"))
  .output(signedInResult)
  .mutation(async ({ ctx: { deps, tx, audit, afterCommit, startSession, chosen }, input }) => {
    const now = deps.now();
    // One at a time, so that two valid links cannot both make the first administrator.
    await tx.execute(sql`select pg_advisory_xact_lock(hashtext('muniment setup'))`);
    const taken = await takeLinkToken(tx, "setup", input.token, now);
    if (!taken || !(await isSetupNeeded(tx))) throw invalid();
    const { email, displayName } = input;
    const user = {
      id: uuidv7(),
      email,
      displayName,
      role: "admin" as const,
      ...chosen,
      createdAt: now,
      lastSignInAt: null,
    };
    await tx.insert(users).values(user);
    // Nodes that started before printed links of their own.
    await tx.delete(linkTokens).where(eq(linkTokens.purpose, "setup"));
    const session = await startSession(tx, user);
    await audit({
      target: { kind: "user", id: user.id, label: email },
      actor: { userId: user.id, label: email },
    });
    afterCommit(session.setCookie);
    return { status: "signedIn", user: toMe(deps.config, { ...user, secondFactor: false }) };
  });
