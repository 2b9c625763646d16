import { z } from "zod";
import { EventQueryError, queryBounds, tooLong } from "./query.ts";

/** The text of a query, not read yet; what is too long is told as the parser tells it. */
export const queryText = z.string().max(queryBounds.length, new EventQueryError(tooLong).message);
