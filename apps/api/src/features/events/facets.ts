import { facetsInput, facets as output } from "@muniment/shared/events.ts";
import { signedInOrApiKey } from "../../trpc/authenticated.ts";
import { inTurn } from "../../trpc/in-turn.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";
import { countFacets } from "./count-facets.ts";
import { toQuestion } from "./question.ts";

const defaultLimit = 10;

/** The most frequent values of each field with their counts. */
export const facets = limited("general")
  .concat(signedInOrApiKey)
  .concat(permission("events:read"))
  .concat(inTurn)
  .input(facetsInput)
  .output(output)
  .query(async ({ ctx: { deps, principal }, input }) => {
    const { fields, limit = defaultLimit } = input;
    const question = await toQuestion(deps, principal, input);
    const now = deps.now().getTime();
    return countFacets(deps.database, principal.userId, question, { fields, limit, now });
  });
