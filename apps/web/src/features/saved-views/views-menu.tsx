import { useSuspenseQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Bookmark, BookmarkPlus, Check, ChevronDown, Settings2 } from "lucide-react";
import { useState } from "react";
import { Button } from "../../ui/button.tsx";
import { Dropdown, DropdownItem, DropdownSeparator } from "../../ui/dropdown.tsx";
import { ManageViewsDialog } from "./manage-views-dialog.tsx";
import { SaveViewDialog } from "./save-view-dialog.tsx";
import { savedViewsQuery } from "./saved-views-query.ts";
import { isSameView, searchOf, useShownView } from "./shown-view.ts";

/** Opens what the person saved, and saves what the explorer shows. */
export function ViewsMenu() {
  const { items } = useSuspenseQuery(savedViewsQuery).data;
  const shown = useShownView();
  const [dialog, setDialog] = useState<"save" | "manage">();
  const close = () => setDialog(undefined);
  const current = items.find((view) => isSameView(view, shown));
  return (
    <>
      <Dropdown
        align="start"
        trigger={
          <Button size="sm" variant="ghost" className="min-w-0 shrink">
            <Bookmark aria-hidden />
            <span className="truncate">{current?.name ?? "Views"}</span>
            <ChevronDown aria-hidden className="text-faint" />
          </Button>
        }
      >
        <div className="max-h-72 overflow-y-auto">
          {items.map((view) => (
            <DropdownItem key={view.id} asChild>
              <Link to="/events" search={searchOf(view)}>
                {view === current ? <Check aria-label="shown now" /> : <Bookmark aria-hidden />}
                <span className="truncate">{view.name}</span>
              </Link>
            </DropdownItem>
          ))}
        </div>
        {items.length > 0 && <DropdownSeparator />}
        <DropdownItem onSelect={() => setDialog("save")}>
          <BookmarkPlus aria-hidden />
          Save this view…
        </DropdownItem>
        <DropdownItem
          onSelect={() => setDialog("manage")}
          disabledReason={items.length === 0 ? "None has been saved yet" : undefined}
        >
          <Settings2 aria-hidden />
          Manage views…
        </DropdownItem>
      </Dropdown>
      <SaveViewDialog open={dialog === "save"} shown={shown} onClose={close} />
      <ManageViewsDialog open={dialog === "manage"} shown={shown} onClose={close} />
    </>
  );
}
