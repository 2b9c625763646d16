import { email } from "@muniment/shared/email-address.ts";
import { z } from "zod";
import type { Deps } from "../deps.ts";
import { procedure } from "./init.ts";
import { refuseOver } from "./limited.ts";

/** Counts mails per recipient, where `isSent` says that one goes out. */
export const mailLimitedIf = (isSent: (deps: Deps) => boolean) =>
  procedure
    .meta({ mailLimit: true })
    .input(z.object({ email }))
    .use(async function limitMails({ ctx, next, path: procedure, input }) {
      if (isSent(ctx.deps)) {
        refuseOver(ctx, await ctx.deps.limits.consume("mail", input.email, { procedure }));
      }
      return next();
    });

/** Counts mails per recipient, so that nobody's inbox can be filled through us. */
export const mailLimited = mailLimitedIf(() => true);
