import { z } from "zod";
import { readableQuery } from "./event-query/readable-query.ts";
import { dimension } from "./events.ts";
import { name, page, pageInput, timeInput, timestamp, uuid } from "./values.ts";

/** More than a person finds anything among. */
export const maxSavedViews = 100;

const query = readableQuery();

/** How the events of a view are shown: a named range that ends now or fixed bounds, the chart's colours, the facets. */
export const savedViewDisplay = z.strictObject({
  range: z.enum(["1h", "24h", "7d", "30d", "all"]).optional(),
  from: timeInput.optional(),
  to: timeInput.optional(),
  by: dimension.optional(),
  facets: z.array(dimension).max(8).optional(),
});

export const savedView = z.strictObject({
  id: uuid,
  name: z.string(),
  query: z.string(),
  display: savedViewDisplay,
  createdAt: timestamp,
  updatedAt: timestamp,
});
export type SavedView = z.infer<typeof savedView>;

export const createSavedViewInput = z.strictObject({
  name,
  query,
  display: savedViewDisplay.optional(),
});
export const updateSavedViewInput = z
  .strictObject({
    id: uuid,
    name: name.optional(),
    query: query.optional(),
    display: savedViewDisplay.optional(),
  })
  .refine(({ id: _, ...changes }) => Object.values(changes).some((value) => value !== undefined), {
    message: "nothing to change",
  });
export const listSavedViewsInput = z.strictObject(pageInput).optional();
export const savedViewPage = page(savedView);
export const savedViewIdInput = z.strictObject({ id: uuid });
