import { maxSavedViews } from "@muniment/shared/saved-views.ts";
import { trpc } from "../../trpc.ts";

/** All there can be. */
export const savedViewsQuery = trpc.savedViews.list.queryOptions({ limit: maxSavedViews });
