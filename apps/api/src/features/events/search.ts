import { eventPage, searchEventsInput } from "@muniment/shared/events.ts";
import { keysetPage } from "../../paging.ts";
import { signedInOrApiKey } from "../../trpc/authenticated.ts";
import { inTurn } from "../../trpc/in-turn.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";
import { findEvents } from "./find-events.ts";
import { toQuestion } from "./question.ts";
import { toEvent } from "./read-events.ts";

/**
 * The events of the caller's user, newest first. A key reads what its owner reads, not only what its
 * own agent sent: it stands for the owner, narrowed by its scopes.
 */
export const search = limited("general")
  .concat(signedInOrApiKey)
  .concat(permission("events:read"))
  .concat(inTurn)
  .input(searchEventsInput)
  .output(eventPage)
  .query(async ({ ctx: { deps, principal }, input = {} }) => {
    const { userId } = principal;
    const { cursor: _cursor, limit: _limit, ...asked } = input;
    const question = await toQuestion(deps, principal, asked);
    const page = keysetPage(deps, `events:${userId}`, input);
    const { position: place, fetch } = page;
    const now = deps.now().getTime();
    const rows = await findEvents(deps.database, userId, question, { place, fetch, now });
    return page.cut(rows, ({ occurredAt, id }) => ({ at: occurredAt, id }), toEvent);
  });
