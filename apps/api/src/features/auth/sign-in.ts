import { users } from "@muniment/db/schema/users.ts";
import { signedInResult, signInInput } from "@muniment/shared/accounts.ts";
import { eq } from "drizzle-orm";
import { AppError } from "../../errors.ts";
import { verifyDecoy, verifyPassword } from "../../identity/password.ts";
import { audited } from "../../trpc/audited.ts";
import { authLimited } from "../../trpc/auth-limited.ts";
import { anyone } from "../../trpc/authenticated.ts";
import { limited } from "../../trpc/limited.ts";
import { requireUnchanged } from "../../trpc/proves-password.ts";
import { startsSession, toMe } from "../../trpc/starts-session.ts";

const bodyBytes = 4096;

export const signIn = limited("general")
  .meta({ bodyBytes })
  .concat(anyone)
  .concat(authLimited)
  .concat(startsSession)
  .input(signInInput)
  .use(async function checkPassword({ ctx, input, next }) {
    const { database, config } = ctx.deps;
    const [user] = await database.as({}, () =>
      database.reads.select().from(users).where(eq(users.email, input.email)),
    );
    // A disabled account is verified too, and answered like a wrong password.
    const right = user
      ? await verifyPassword(user.passwordHash, input.password)
      : await verifyDecoy(input.password, config.argon2);
    if (!user || !right || user.disabledAt) {
      throw new AppError("invalid_credentials", "The e-mail address or the password is wrong.");
    }
    return next({ ctx: { user } });
  })
  .concat(audited("session.created"))
  .output(signedInResult)
  .mutation(async ({ ctx: { tx, audit, afterCommit, startSession, user } }) => {
    await requireUnchanged(tx, user.id, user.passwordHash);
    const session = await startSession(tx, user);
    await audit({
      target: { kind: "session", id: session.publicId },
      actor: { userId: user.id, label: user.email },
    });
    afterCommit(session.setCookie);
    return { status: "signedIn", user: toMe(user) };
  });
