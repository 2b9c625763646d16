import { ingestInput } from "@muniment/shared/events.ts";
import type { ApiKeyPrincipal } from "../identity/principal.ts";
import type { Context } from "./context.ts";
import { procedure } from "./init.ts";
import { refuseOver } from "./limited.ts";

/** Counts the events of a batch against its API key, beside the call itself. */
export const eventsLimited = procedure
  .meta({ eventsLimit: true })
  .input(ingestInput)
  .use(async function limitEvents({ ctx, next, input, path }) {
    const { principal, deps } = ctx as Context & { principal: ApiKeyPrincipal };
    const points = input.events.length;
    const options = { points, procedure: path };
    const name = principal.origins.length > 0 ? "publishable_events" : "ingest_events";
    refuseOver(ctx, await deps.limits.consume(name, principal.keyId, options));
    return next();
  });
