import type { SavedView } from "@muniment/shared/saved-views.ts";
import { useSuspenseQuery } from "@tanstack/react-query";
import { Dialog } from "../../ui/dialog.tsx";
import { savedViewsQuery } from "./saved-views-query.ts";
import { ViewItem } from "./view-item.tsx";

type Props = { open: boolean; shown: Pick<SavedView, "query" | "display">; onClose: () => void };

/** Everything that can be done with the views there are. */
export function ManageViewsDialog({ open, shown, onClose }: Props) {
  const { items } = useSuspenseQuery(savedViewsQuery).data;
  return (
    <Dialog
      open={open}
      onOpenChange={(next) => !next && onClose()}
      title="Saved views"
      description="A link to a view opens it for anyone with an account here, on their own events."
      shape="wide"
    >
      {items.length === 0 && <p className="text-sm text-muted">None is left.</p>}
      <ul aria-label="Saved views" className="divide-y">
        {items.map((view) => (
          <ViewItem key={view.id} view={view} shown={shown} />
        ))}
      </ul>
    </Dialog>
  );
}
