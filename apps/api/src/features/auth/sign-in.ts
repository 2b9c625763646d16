import { signedInResult, signInInput } from "@muniment/shared/accounts.ts";
import { acceptProof, provePassword } from "../../identity/credentials.ts";
import { audited } from "../../trpc/audited.ts";
import { authLimited } from "../../trpc/auth-limited.ts";
import { anyone } from "../../trpc/authenticated.ts";
import { limited } from "../../trpc/limited.ts";
import { startsSession, toMe } from "../../trpc/starts-session.ts";

const bodyBytes = 4096;

export const signIn = limited("general")
  .meta({ bodyBytes })
  .concat(anyone)
  .concat(authLimited)
  .concat(startsSession)
  .input(signInInput)
  .use(async function checkPassword({ ctx, input, next }) {
    const proof = await provePassword(ctx.deps, { email: input.email }, input.password);
    return next({ ctx: { proof } });
  })
  .concat(audited("session.created"))
  .output(signedInResult)
  .mutation(async ({ ctx: { tx, audit, afterCommit, startSession, proof } }) => {
    const user = await acceptProof(tx, proof);
    const session = await startSession(tx, user);
    await audit({
      target: { kind: "session", id: session.publicId },
      actor: { userId: user.id, label: user.email },
    });
    afterCommit(session.setCookie);
    return { status: "signedIn", user: toMe(user) };
  });
