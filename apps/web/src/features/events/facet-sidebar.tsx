import { SlidersHorizontal } from "lucide-react";
import { useState } from "react";
import { PanelBoundary } from "../../panel-boundary.tsx";
import { Button } from "../../ui/button.tsx";
import { cx } from "../../ui/class-names.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { Skeleton } from "../../ui/skeleton.tsx";
import type { View } from "./events-search.ts";
import { FacetList } from "./facet-list.tsx";

type Props = { view: View; resetKey: string; className: string | undefined };

/** Most frequent values beside the list; on a narrow window behind a button. */
export function FacetSidebar({ view, resetKey, className }: Props) {
  const [open, setOpen] = useState(false);
  const facets = (
    <PanelBoundary name="The counts" resetKey={resetKey} fallback={<FacetSkeleton />}>
      <FacetList view={view} />
    </PanelBoundary>
  );
  return (
    <>
      <aside
        aria-label="Most frequent values"
        className={cx(
          "sticky top-4 -mx-1.5 hidden max-h-[calc(100dvh-2rem)] min-w-0 overflow-y-auto px-1.5 lg:block",
          className,
        )}
      >
        {facets}
      </aside>
      <div className="lg:hidden">
        <Button size="sm" onClick={() => setOpen(true)}>
          <SlidersHorizontal aria-hidden />
          Most frequent values
        </Button>
        <Dialog open={open} onOpenChange={setOpen} title="Most frequent values" shape="panel">
          {facets}
        </Dialog>
      </div>
    </>
  );
}

function FacetSkeleton() {
  return (
    <div role="status" className="grid gap-2">
      <span className="sr-only">Loading</span>
      {["a", "b", "c", "d", "e", "f", "g", "h"].map((row) => (
        <Skeleton key={row} className="h-5" />
      ))}
    </div>
  );
}
