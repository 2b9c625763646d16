import { type EventImport, keptRejects } from "@muniment/shared/imports.ts";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Download } from "lucide-react";
import { messageOf } from "../../errors.ts";
import { loadMoreProps } from "../../paging.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { LoadMore } from "../../ui/load-more.tsx";
import { Notice } from "../../ui/notice.tsx";
import { DetailsSkeleton } from "../../ui/skeleton.tsx";
import { Cell, Row, Table } from "../../ui/table.tsx";
import { rejectsQuery } from "./imports-query.ts";

const columns = [{ label: "Line", align: "right" }, { label: "Why" }] as const;

type Props = { of: EventImport | null; onClose: () => void };

/** The lines of a file that were refused, with the file of all of them. */
export function RejectsDialog({ of, onClose }: Props) {
  return (
    <Dialog
      open={of !== null}
      onOpenChange={(next) => !next && onClose()}
      title="Refused lines"
      description={of ? `Of ${of.name}, each with its reason.` : ""}
    >
      {of && <Rejects of={of} />}
    </Dialog>
  );
}

function Rejects({ of }: { of: EventImport }) {
  const query = useInfiniteQuery(rejectsQuery(of.id));
  if (query.isPending) return <DetailsSkeleton />;
  if (query.isError) {
    return (
      <div className="grid justify-items-start gap-3">
        <Notice tone="danger">{messageOf(query.error)}</Notice>
        <Button onClick={() => void query.refetch()}>Try again</Button>
      </div>
    );
  }
  const rejects = query.data.pages.flatMap((page) => page.items);
  return (
    <div className="grid gap-3">
      <div className="max-h-96 overflow-auto">
        <Table caption="Refused lines" columns={columns}>
          {rejects.map(({ line, reason, message }) => (
            <Row key={line}>
              <Cell align="right" className="tabular-nums">
                {line}
              </Cell>
              <Cell className="min-w-36">
                <code className="font-mono text-xs">{reason}</code>
                <p className="break-words">{message}</p>
              </Cell>
            </Row>
          ))}
        </Table>
        <LoadMore
          shown={rejects.length}
          noun={{ one: "line", many: "lines" }}
          {...loadMoreProps(query)}
        />
      </div>
      {of.rejected > keptRejects && (
        <p className="text-xs text-muted">The first {keptRejects} are kept, the others counted.</p>
      )}
      <a
        href={`/api/v1/imports/${of.id}/rejects`}
        download
        className="inline-flex items-center gap-1.5 text-sm text-accent hover:underline"
      >
        <Download aria-hidden className="size-4" />
        Download all as CSV
      </a>
    </div>
  );
}
