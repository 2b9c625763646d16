import { skipToken, useQuery } from "@tanstack/react-query";
import { problemOf } from "../../errors.ts";
import { trpc } from "../../trpc.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { ErrorState } from "../../ui/error-state.tsx";
import { DetailsSkeleton } from "../../ui/skeleton.tsx";
import type { AuditFilters } from "./audit-search.ts";
import { EntryDetails } from "./entry-details.tsx";

type Props = { id: string | undefined; filters: AuditFilters; onClose: () => void };

/** The details of one entry, open while there is an id. */
export function EntryPanel({ id, filters, onClose }: Props) {
  const query = useQuery(trpc.audit.get.queryOptions(id ? { id } : skipToken));
  const problem = query.error ? problemOf(query.error) : null;
  return (
    <Dialog
      open={id !== undefined}
      onOpenChange={(open) => !open && onClose()}
      title={query.data?.action ?? "Audit entry"}
      shape="panel"
    >
      {query.data && <EntryDetails entry={query.data} filters={filters} />}
      {query.isLoading && <DetailsSkeleton />}
      {problem && (
        <ErrorState
          title="The entry could not be loaded"
          message={problem.message}
          requestId={problem.requestId}
          onRetry={() => void query.refetch()}
        />
      )}
    </Dialog>
  );
}
