import { parseEventQuery } from "./parse.ts";
import { type EventQuery, EventQueryError } from "./query.ts";
import { queryText } from "./query-text.ts";

/** The text of a query that can be read, and of which `problemOf` has nothing to say. */
export const readableQuery = (problemOf?: (query: EventQuery) => string | undefined) =>
  queryText.check(({ value, issues }) => {
    const refuse = (message: string) => issues.push({ code: "custom", message, input: value });
    try {
      const query = parseEventQuery(value);
      const problem = problemOf?.(query);
      if (problem !== undefined) refuse(problem);
    } catch (error) {
      if (!(error instanceof EventQueryError)) throw error;
      refuse(error.message);
    }
  });
