import { useSuspenseInfiniteQuery, useSuspenseQuery } from "@tanstack/react-query";
import { FileBox } from "lucide-react";
import { loadMoreProps } from "../../paging.ts";
import { EmptyState } from "../../ui/empty-state.tsx";
import { formatBytes } from "../../ui/format-bytes.ts";
import { LoadMore } from "../../ui/load-more.tsx";
import { PageHeader } from "../../ui/page-header.tsx";
import { UploadDrop } from "../../upload-drop.tsx";
import { UploadList } from "../../upload-list.tsx";
import { uploadQuotaQuery, uploadsQuery } from "../../upload-queries.ts";

export function FilesPage() {
  const query = useSuspenseInfiniteQuery(uploadsQuery());
  const uploads = query.data.pages.flatMap((page) => page.items);
  return (
    <>
      <PageHeader
        title="Files"
        description="Evidence that is kept beside events, encrypted, and deleted with them."
        actions={<Quota />}
      />
      <div className="grid gap-4">
        <UploadDrop />
        {uploads.length === 0 ? (
          <EmptyState icon={FileBox} title="No files yet">
            Open an event to keep a file beside it, or upload one here that belongs to none.
          </EmptyState>
        ) : (
          <div>
            <UploadList uploads={uploads} withEvent />
            <LoadMore
              shown={uploads.length}
              noun={{ one: "file", many: "files" }}
              {...loadMoreProps(query)}
            />
          </div>
        )}
      </div>
    </>
  );
}

/** How much of what there may be is taken. */
function Quota() {
  const { usedBytes, quotaBytes } = useSuspenseQuery(uploadQuotaQuery).data;
  const text = `${formatBytes(usedBytes)} of ${formatBytes(quotaBytes)} used`;
  const part = Math.min(usedBytes / Math.max(quotaBytes, 1), 1);
  return (
    <div className="grid gap-1 text-xs text-muted">
      <span>{text}</span>
      <span aria-hidden className="h-1.5 w-40 overflow-hidden rounded-full bg-line">
        <span className="block h-full bg-accent" style={{ width: `${part * 100}%` }} />
      </span>
    </div>
  );
}
