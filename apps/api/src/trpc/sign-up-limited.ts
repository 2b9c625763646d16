import { clientKey } from "../limits/client-key.ts";
import { procedure } from "./init.ts";
import { refuseOver } from "./limited.ts";

/** Counts sign-ups per address. */
export const signUpLimited = procedure.meta({ signUpLimit: true }).use(async function limitSignUps({
  ctx,
  next,
  path: procedure,
}) {
  const key = clientKey(ctx.request.address);
  refuseOver(ctx, await ctx.deps.limits.consume("sign_up", key, { procedure }));
  return next();
});
