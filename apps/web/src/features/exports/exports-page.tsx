import { useSuspenseInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { Download } from "lucide-react";
import { useState } from "react";
import { loadMoreProps } from "../../paging.ts";
import { Button } from "../../ui/button.tsx";
import { EmptyState } from "../../ui/empty-state.tsx";
import { LoadMore } from "../../ui/load-more.tsx";
import { PageHeader } from "../../ui/page-header.tsx";
import { ExportTable } from "./export-table.tsx";
import { exportsQuery } from "./exports-query.ts";
import { NewExportDialog } from "./new-export-dialog.tsx";

const route = getRouteApi("/app/exports");

export function ExportsPage() {
  const { query: searched } = route.useSearch();
  const navigate = route.useNavigate();
  const query = useSuspenseInfiniteQuery(exportsQuery());
  const exports = query.data.pages.flatMap((page) => page.items);
  const [creating, setCreating] = useState(searched !== undefined);
  const close = () => {
    setCreating(false);
    if (searched !== undefined) void navigate({ search: {}, replace: true });
  };
  const newExport = (
    <Button variant="primary" onClick={() => setCreating(true)}>
      <Download aria-hidden />
      New export
    </Button>
  );
  return (
    <>
      <PageHeader
        title="Exports"
        description="Take the events of a search with you, as NDJSON or CSV."
        actions={exports.length > 0 && newExport}
      />
      {exports.length === 0 ? (
        <EmptyState icon={Download} title="No exports yet" action={newExport}>
          An export is streamed to you and not kept here. Its last line tells whether it is whole.
        </EmptyState>
      ) : (
        <>
          <ExportTable exports={exports} />
          <LoadMore
            shown={exports.length}
            noun={{ one: "export", many: "exports" }}
            {...loadMoreProps(query)}
          />
        </>
      )}
      <NewExportDialog open={creating} onClose={close} query={searched} />
    </>
  );
}
