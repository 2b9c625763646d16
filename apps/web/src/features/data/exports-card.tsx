import { useMutation, useSuspenseInfiniteQuery } from "@tanstack/react-query";
import { messageOf } from "../../errors.ts";
import { loadMoreProps } from "../../paging.ts";
import { queryClient } from "../../query-client.ts";
import { useDenial } from "../../session.ts";
import { trpc } from "../../trpc.ts";
import { Button } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { LoadMore } from "../../ui/load-more.tsx";
import { Notice } from "../../ui/notice.tsx";
import { exportsQuery } from "./data-queries.ts";
import { ExportTable } from "./export-table.tsx";

/** Asks for a copy of all that is kept of the person, and lists those there are. */
export function ExportsCard() {
  const query = useSuspenseInfiniteQuery(exportsQuery());
  const copies = query.data.pages.flatMap((page) => page.items);
  const denial = useDenial("data:write");
  const running = copies.some(({ status }) => status === "running");
  const request = useMutation(
    trpc.data.requestExport.mutationOptions({
      onSettled: () => queryClient.invalidateQueries(trpc.data.exports.pathFilter()),
    }),
  );
  const problem = messageOf(request.error, {
    already_exists: "A copy is being made already.",
    too_many: "There are five copies already. Each is deleted a week after it was asked for.",
  });
  return (
    <Card
      title="A copy of your data"
      description="A ZIP archive of everything kept of you, with a description of each file. A mail tells you when it is ready; it is deleted after a week."
      actions={
        <Button
          variant="primary"
          pending={request.isPending}
          disabledReason={denial ?? (running ? "A copy is being made already." : undefined)}
          onClick={() => request.mutate()}
        >
          Make a copy
        </Button>
      }
    >
      <div aria-live="polite" className="not-empty:mb-3">
        {problem && <Notice tone="danger">{problem}</Notice>}
      </div>
      {copies.length === 0 ? (
        <p className="text-sm text-muted">No copy was asked for in the last week.</p>
      ) : (
        <>
          <ExportTable copies={copies} denial={denial} />
          <LoadMore
            shown={copies.length}
            noun={{ one: "copy", many: "copies" }}
            {...loadMoreProps(query)}
          />
        </>
      )}
    </Card>
  );
}
