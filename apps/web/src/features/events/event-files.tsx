import { useInfiniteQuery } from "@tanstack/react-query";
import { problemOf } from "../../errors.ts";
import { loadMoreProps } from "../../paging.ts";
import { ErrorState } from "../../ui/error-state.tsx";
import { LoadMore } from "../../ui/load-more.tsx";
import { UploadDrop } from "../../upload-drop.tsx";
import { UploadList } from "../../upload-list.tsx";
import { uploadsQuery } from "../../upload-queries.ts";

/** The files that are kept beside an event. */
export function EventFiles({ eventId }: { eventId: string }) {
  const query = useInfiniteQuery(uploadsQuery(eventId));
  const uploads = query.data?.pages.flatMap((page) => page.items) ?? [];
  const problem = query.isLoadingError && problemOf(query.error);
  return (
    <section aria-labelledby="event-files" className="grid gap-2">
      <h3 id="event-files" className="text-sm font-semibold">
        Files
      </h3>
      {uploads.length > 0 && <UploadList uploads={uploads} />}
      {query.hasNextPage && (
        <LoadMore
          shown={uploads.length}
          noun={{ one: "file", many: "files" }}
          {...loadMoreProps(query)}
        />
      )}
      {problem && (
        <ErrorState
          title="The files could not be loaded"
          message={problem.message}
          requestId={problem.requestId}
          onRetry={() => void query.refetch()}
        />
      )}
      <UploadDrop key={eventId} eventId={eventId} />
    </section>
  );
}
