import { linkTokens } from "@muniment/db/schema/link-tokens.ts";
import { users } from "@muniment/db/schema/users.ts";
import { isUniqueViolation } from "@muniment/db/unavailable.ts";
import { addressVerified, verifyEmailInput } from "@muniment/shared/accounts.ts";
import { and, eq } from "drizzle-orm";
import { v7 as uuidv7 } from "uuid";
import { AppError } from "../../errors.ts";
import { takeLinkToken } from "../../identity/link-token.ts";
import { wrongLink } from "../../identity/linked-account.ts";
import { verifyPassword } from "../../identity/password.ts";
import { grantedAt, untilOf } from "../../identity/role-at.ts";
import { audited } from "../../trpc/audited.ts";
import { attemptAt, countAttempt } from "../../trpc/auth-limited.ts";
import { anyone } from "../../trpc/authenticated.ts";
import { countsFailures } from "../../trpc/counts-failures.ts";
import { limited } from "../../trpc/limited.ts";
import { withLink } from "../../trpc/with-link.ts";
import { signUpClosed } from "./sign-up-closed.ts";

const notChosenHere = () =>
  new AppError(
    "invalid_credentials",
    "This is not the password that was chosen with this link. Whoever signed up more than once should open the mail of the other sign-up; a mail that came unasked should be left alone.",
  );

/**
 * Makes the account of a sign-up whose address is proved by the link. Signs nobody in: who opens the
 * link need not be who chose the password. With a `password`, only who knows that one gets the
 * account, so no owner of an address takes a stranger's sign-up for their own; without, the link
 * suffices.
 */
export const verifyEmail = limited("general")
  .meta({ bodyBytes: 4096, authLimit: true })
  .concat(anyone)
  .concat(countsFailures)
  .input(verifyEmailInput)
  .concat(withLink("sign_up"))
  .use(async function limitGuesses({ ctx, input, next, path }) {
    const { attempted } = ctx;
    const { email } = ctx.link;
    if (input.password === undefined || email === null) return next();
    attempted.email = email;
    return countAttempt(ctx, path, attemptAt(ctx, email), () => next());
  })
  .use(async function checkPassword({ ctx, input: { password }, next }) {
    const { passwordHash } = ctx.link;
    if (password !== undefined && !(passwordHash && (await verifyPassword(passwordHash, password))))
      throw notChosenHere();
    return next();
  })
  .concat(audited("user.signed_up"))
  .output(addressVerified)
  .mutation(async ({ ctx: { deps, tx, audit }, input: { token } }) => {
    const now = deps.now();
    const link = await takeLinkToken(tx, "sign_up", token, now);
    if (!link?.email || !link.displayName || !link.passwordHash || !link.role) throw wrongLink();
    const { signUp } = deps.config;
    if (signUp === "closed" || (signUp === "invite" && !link.invited)) {
      throw signUpClosed(signUp);
    }
    const { email, displayName, passwordHash, invited } = link;
    const { role, roleUntil } = grantedAt({ role: link.role, roleUntil: link.roleUntil }, now);
    const id = uuidv7();
    await tx
      .insert(users)
      .values({ id, email, displayName, role, roleUntil, passwordHash, createdAt: now })
      .catch((cause: unknown) => {
        if (!isUniqueViolation(cause)) throw cause;
        throw new AppError("already_exists", "There is an account with this address.", { cause });
      });
    await tx
      .delete(linkTokens)
      .where(and(eq(linkTokens.purpose, "sign_up"), eq(linkTokens.email, email)));
    await audit({
      target: { kind: "user", id, label: email },
      actor: { userId: id, label: email },
      details: { role, invited, ...untilOf({ roleUntil }) },
    });
    return { status: "verified", email };
  });
