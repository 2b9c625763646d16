import { email } from "@muniment/shared/email-address.ts";
import { uuid } from "@muniment/shared/values.ts";
import { z } from "zod";
import type { Deps } from "../deps.ts";
import type { UserPrincipal } from "../identity/principal.ts";
import type { Context } from "./context.ts";
import { procedure } from "./init.ts";
import { refuseOver } from "./limited.ts";

/**
 * Who asks for a mail. Counted apart, so that strangers who use up the mails to an address keep neither
 * its owner from changing it nor an administrator from helping.
 */
type Asker = "anybody" | "owner" | "administrator";

async function countMail(
  ctx: Context,
  recipient: string,
  asker: Asker,
  procedure: string,
): Promise<void> {
  const state = await ctx.deps.limits.consume("mail", `${asker} ${recipient}`, { procedure });
  if (!state.allowed) {
    const { address } = ctx.request;
    ctx.deps.sightings.note({ signal: "mail_refused", address, email: recipient });
  }
  refuseOver(ctx, state);
}

/** Counts mails per recipient, where `isSent` says that one goes out. */
export const mailLimitedIf = (isSent: (deps: Deps) => boolean, asker: Asker = "anybody") =>
  procedure
    .meta({ mailLimit: true })
    .input(z.object({ email }))
    .use(async function limitMails({ ctx, next, path, input }) {
      if (isSent(ctx.deps)) await countMail(ctx, input.email, asker, path);
      return next();
    });

/** Counts mails per recipient, so that nobody's inbox can be filled through us. */
export const mailLimited = mailLimitedIf(() => true);

/** The same for what an administrator sends. */
export const mailLimitedForAdmin = mailLimitedIf(() => true, "administrator");

/** The same for the signed-in user's own address. */
export const mailLimitedForSelf = procedure
  .meta({ mailLimit: true })
  .use(async function limitOwnMails({ ctx, next, path }) {
    const { principal } = ctx as Context & { principal: UserPrincipal };
    await countMail(ctx, principal.email, "owner", path);
    return next();
  });

/** The same where an administrator's input names a user by id. */
export const mailLimitedForUser = (addressOf: (deps: Deps, id: string) => Promise<string>) =>
  procedure
    .meta({ mailLimit: true })
    .input(z.object({ id: uuid }))
    .use(async function limitMailsToUser({ ctx, next, path, input }) {
      await countMail(ctx, await addressOf(ctx.deps, input.id), "administrator", path);
      return next();
    });
