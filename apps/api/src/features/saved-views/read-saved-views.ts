import type { savedViews } from "@muniment/db/schema/saved-views.ts";
import { type SavedView, savedViewDisplay } from "@muniment/shared/saved-views.ts";

export const toSavedView = (row: typeof savedViews.$inferSelect): SavedView => ({
  id: row.id,
  name: row.name,
  query: row.query,
  display: savedViewDisplay.parse(row.display),
  createdAt: row.createdAt.toISOString(),
  updatedAt: row.updatedAt.toISOString(),
});
