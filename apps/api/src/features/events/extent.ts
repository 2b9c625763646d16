import { extentInput, extent as output } from "@muniment/shared/events.ts";
import { signedInOrApiKey } from "../../trpc/authenticated.ts";
import { inTurn } from "../../trpc/in-turn.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";
import { findExtent } from "./find-extent.ts";
import { toQuestion } from "./question.ts";

/** When the oldest and the newest of the matching events occurred. */
export const extent = limited("general")
  .concat(signedInOrApiKey)
  .concat(permission("events:read"))
  .concat(inTurn)
  .input(extentInput)
  .output(output)
  .query(async ({ ctx: { deps, principal }, input = {} }) => {
    const question = await toQuestion(deps, principal, input);
    return findExtent(deps.database, principal.userId, question, deps.now().getTime());
  });
