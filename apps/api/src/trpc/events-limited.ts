import { ingestInput } from "@muniment/shared/events.ts";
import type { ApiKeyPrincipal } from "../identity/principal.ts";
import type { Context } from "./context.ts";
import { procedure } from "./init.ts";
import { refuseOver } from "./limited.ts";

/** @throws AppError `rate_limited` */
export async function countEvents(
  ctx: Context,
  principal: ApiKeyPrincipal,
  points: number,
  procedure: string,
): Promise<void> {
  const name = principal.origins.length > 0 ? "publishable_events" : "ingest_events";
  refuseOver(ctx, await ctx.deps.limits.consume(name, principal.keyId, { points, procedure }));
}

/** Counts the events of a batch against its API key, beside the call itself. */
export const eventsLimited = procedure
  .meta({ eventsLimit: true })
  .input(ingestInput)
  .use(async function limitEvents({ ctx, next, input, path }) {
    const { principal } = ctx as Context & { principal: ApiKeyPrincipal };
    await countEvents(ctx, principal, input.events.length, path);
    return next();
  });
