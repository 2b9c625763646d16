import { receipt } from "@muniment/shared/events.ts";
import { withApiKey } from "../../trpc/authenticated.ts";
import { eventsLimited } from "../../trpc/events-limited.ts";
import { exactJson } from "../../trpc/exact-json.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";
import { takeEvents } from "./take-events.ts";

/**
 * Takes 1 to 100 events, each judged by itself, and answers once all accepted ones are durable. Calls
 * take the same steps without their chain (`ingest-directly.ts`).
 */
export const ingest = limited("ingest")
  .concat(withApiKey)
  .concat(permission("events:write"))
  .meta({ bodyBytes: 10_485_760 })
  .concat(eventsLimited)
  .concat(exactJson)
  .output(receipt)
  .mutation(({ ctx: { deps, principal, exact }, input }) => {
    if (!exact) throw new Error("events can be judged only with their text");
    // The chain holds the list as it was parsed, beside its own copy of it.
    const sent = input.events.slice();
    for (const list of [input.events, (exact.value as typeof input).events]) list.length = 0;
    return takeEvents(deps, principal, sent, exact);
  });
