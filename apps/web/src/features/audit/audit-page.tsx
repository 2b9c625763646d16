import { useSuspenseInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { Download, ScrollText } from "lucide-react";
import { useDeferredValue, useMemo, useState } from "react";
import { loadMoreProps } from "../../paging.ts";
import { PanelBoundary } from "../../panel-boundary.tsx";
import { Button } from "../../ui/button.tsx";
import { EmptyState } from "../../ui/empty-state.tsx";
import { LoadMore } from "../../ui/load-more.tsx";
import { PageHeader } from "../../ui/page-header.tsx";
import { Skeleton } from "../../ui/skeleton.tsx";
import { AuditFilterBar } from "./audit-filter-bar.tsx";
import {
  type AuditFilters,
  type AuditInput,
  type AuditSearch,
  auditInput,
  auditQuery,
  chartedInput,
} from "./audit-search.ts";
import { AuditTable } from "./audit-table.tsx";
import { AuditTimeline } from "./audit-timeline.tsx";
import { EntryPanel } from "./entry-panel.tsx";
import { ExportLogDialog } from "./export-log-dialog.tsx";
import { LogStatus } from "./log-status.tsx";

const route = getRouteApi("/app/admin/audit");

export function AuditPage() {
  const filters = route.useSearch({
    select: ({ entry: _, by: __, ...rest }): AuditFilters => rest,
    structuralSharing: true,
  });
  const entry = route.useSearch({ select: (search) => search.entry });
  const by = route.useSearch({ select: (search) => search.by });
  const navigate = route.useNavigate();
  const show = (search: AuditSearch) => void navigate({ search, replace: true });
  const setFilters = (changed: AuditFilters) => show({ ...changed, by });
  // A relative range is taken once, so that the list does not move at every minute.
  const input = useMemo(() => auditInput(filters, Date.now()), [filters]);
  const charted = useMemo(() => chartedInput(input, Date.now()), [input]);
  const [exporting, setExporting] = useState(false);
  return (
    <>
      <PageHeader
        title="Audit log"
        description="Who did what to which target, when, from where, with which outcome. Newest first."
        actions={
          <Button onClick={() => setExporting(true)}>
            <Download aria-hidden />
            Export
          </Button>
        }
      />
      <LogStatus />
      <AuditFilterBar filters={filters} onChange={setFilters} />
      {charted ? (
        <div className="mb-3">
          <PanelBoundary
            name="The chart"
            resetKey={JSON.stringify([charted.input, by])}
            fallback={<Skeleton className="h-50" />}
          >
            <AuditTimeline
              {...charted}
              whole={input.from === undefined && input.to === undefined}
              by={by}
              onBy={(chosen) => show({ ...filters, by: chosen })}
              onRange={(range) => setFilters({ ...filters, range: undefined, ...range })}
            />
          </PanelBoundary>
        </div>
      ) : (
        <p className="mb-3 text-sm text-muted">
          No chart: the time range does not begin before it ends, or begins in the future.
        </p>
      )}
      <EntryList filters={filters} input={input} onClear={() => setFilters({})} />
      <ExportLogDialog open={exporting} onOpenChange={setExporting} />
      <EntryPanel id={entry} filters={filters} onClose={() => setFilters(filters)} />
    </>
  );
}

type ListProps = { filters: AuditFilters; input: AuditInput; onClear: () => void };

function EntryList({ filters, input, onClear }: ListProps) {
  // The old list stays, dimmed, until the new one is here.
  const deferred = useDeferredValue(input);
  const query = useSuspenseInfiniteQuery(auditQuery(deferred));
  const entries = query.data.pages.flatMap((page) => page.items);
  const filtered = Object.values(filters).some((value) => value !== undefined);
  if (entries.length === 0) {
    return (
      <EmptyState
        icon={ScrollText}
        title={filtered ? "No entry matches" : "Nothing has been recorded yet"}
        action={filtered && <Button onClick={onClear}>Clear all filters</Button>}
      >
        {filtered
          ? "Widen the time range or take a filter away."
          : "Every sensitive step of anyone appears here as soon as it happens."}
      </EmptyState>
    );
  }
  return (
    <div className={deferred === input ? undefined : "opacity-60"}>
      <AuditTable entries={entries} />
      <LoadMore
        shown={entries.length}
        noun={{ one: "entry", many: "entries" }}
        {...loadMoreProps(query)}
      />
    </div>
  );
}
