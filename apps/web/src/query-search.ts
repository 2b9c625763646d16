import { queryText } from "@muniment/shared/event-query/query-text.ts";
import { z } from "zod";

/** A query in the address of a page; what does not fit is ignored. */
export const querySearch = z
  // The router reads a number where somebody wrote one without quotes.
  .union([z.string(), z.number().transform(String)])
  .pipe(queryText)
  .optional()
  .catch(undefined);
