import { email } from "@muniment/shared/email-address.ts";
import { z } from "zod";
import { procedure } from "./init.ts";
import { refuseOver } from "./limited.ts";

/** Counts mails per recipient, so that nobody's inbox can be filled through us. */
export const mailLimited = procedure
  .meta({ mailLimit: true })
  .input(z.object({ email }))
  .use(async function limitMails({ ctx, next, path: procedure, input }) {
    refuseOver(ctx, await ctx.deps.limits.consume("mail", input.email, { procedure }));
    return next();
  });
