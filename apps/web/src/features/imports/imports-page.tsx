import type { EventImport } from "@muniment/shared/imports.ts";
import { useSuspenseInfiniteQuery, useSuspenseQuery } from "@tanstack/react-query";
import { Upload } from "lucide-react";
import { useState } from "react";
import { loadMoreProps } from "../../paging.ts";
import { Button } from "../../ui/button.tsx";
import { EmptyState } from "../../ui/empty-state.tsx";
import { LoadMore } from "../../ui/load-more.tsx";
import { PageHeader } from "../../ui/page-header.tsx";
import { ImportTable } from "./import-table.tsx";
import { importsQuery, ownAgentsQuery } from "./imports-query.ts";
import { NewImportDialog } from "./new-import-dialog.tsx";
import { RejectsDialog } from "./rejects-dialog.tsx";

export function ImportsPage() {
  const query = useSuspenseInfiniteQuery(importsQuery());
  const agents = useSuspenseQuery(ownAgentsQuery()).data.items;
  const imports = query.data.pages.flatMap((page) => page.items);
  const [creating, setCreating] = useState(false);
  const [rejectsOf, setRejectsOf] = useState<EventImport | null>(null);
  const newImport = (
    <Button variant="primary" onClick={() => setCreating(true)}>
      <Upload aria-hidden />
      New import
    </Button>
  );
  return (
    <>
      <PageHeader
        title="Imports"
        description="Bring events in from files: exports, NDJSON or CSV."
        actions={imports.length > 0 && newImport}
      />
      {imports.length === 0 ? (
        <EmptyState icon={Upload} title="No imports yet" action={newImport}>
          Every line becomes an event, or is refused with its reason. The file is deleted
          afterwards.
        </EmptyState>
      ) : (
        <>
          <ImportTable
            imports={imports}
            agentName={(id) => agents.find((one) => one.id === id)?.name ?? "an agent"}
            onRejects={setRejectsOf}
          />
          <LoadMore
            shown={imports.length}
            noun={{ one: "import", many: "imports" }}
            {...loadMoreProps(query)}
          />
        </>
      )}
      <NewImportDialog open={creating} onClose={() => setCreating(false)} />
      <RejectsDialog of={rejectsOf} onClose={() => setRejectsOf(null)} />
    </>
  );
}
