import { linkToken } from "@muniment/shared/accounts.ts";
import { z } from "zod";
import { findLinkToken } from "../identity/link-token.ts";
import { wrongLink } from "../identity/linked-account.ts";
import { procedure } from "./init.ts";

type Purpose = Parameters<typeof findLinkToken>[1];

/** Refuses a `token` that no link of the purpose has, before anything is done that costs something. */
export const withLink = (purpose: Purpose) =>
  procedure.input(z.object({ token: linkToken })).use(async function findLink({
    ctx,
    next,
    input,
  }) {
    const { database, now } = ctx.deps;
    const link = await findLinkToken(database, purpose, input.token, now());
    if (!link) throw wrongLink();
    return next({ ctx: { link } });
  });
