import type { OwnExport } from "@muniment/shared/own-data.ts";
import { useMutation } from "@tanstack/react-query";
import { Download } from "lucide-react";
import { messageOf } from "../../errors.ts";
import { trpc } from "../../trpc.ts";
import { Badge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { DateTime } from "../../ui/date-time.tsx";
import { formatBytes } from "../../ui/format-bytes.ts";
import { formatCount } from "../../ui/format-count.ts";
import { Cell, Row, Table } from "../../ui/table.tsx";
import { toast } from "../../ui/toast.ts";

const columns = [
  { label: "Asked for" },
  { label: "State" },
  { label: "Size", align: "right" },
  { label: "Deleted" },
  { label: "Download", hidden: true },
] as const;

/** A link that says `download` leaves this page standing, whatever the server answers. */
function download(path: string) {
  Object.assign(document.createElement("a"), { href: path, download: "" }).click();
}

export function ExportTable(props: { copies: OwnExport[]; denial: string | undefined }) {
  const link = useMutation(
    trpc.data.linkExport.mutationOptions({
      onSuccess: ({ path }) => download(path),
      onError: (error) => toast.error(messageOf(error) ?? ""),
    }),
  );
  return (
    <Table caption="Copies of your data" columns={columns}>
      {props.copies.map((copy) => (
        <Row key={copy.id}>
          <Cell>
            <DateTime value={copy.requestedAt} />
          </Cell>
          <Cell className="whitespace-nowrap">
            <State copy={copy} />
          </Cell>
          <Cell align="right" className="whitespace-nowrap tabular-nums">
            {copy.status === "ready" && formatBytes(copy.sizeBytes)}
          </Cell>
          <Cell>
            <DateTime value={copy.expiresAt} />
          </Cell>
          <Cell align="right">
            {copy.status === "ready" && (
              <Button
                size="sm"
                disabledReason={props.denial}
                pending={link.isPending && link.variables.id === copy.id}
                onClick={() => link.mutate({ id: copy.id })}
              >
                <Download aria-hidden />
                Download
              </Button>
            )}
          </Cell>
        </Row>
      ))}
    </Table>
  );
}

function State({ copy: { status, rowsDone, rowsTotal } }: { copy: OwnExport }) {
  if (status === "ready") return <Badge tone="ok">ready</Badge>;
  if (status === "failed") {
    return (
      <>
        <Badge tone="danger">failed</Badge> <span className="text-muted">Ask for another.</span>
      </>
    );
  }
  return (
    <>
      <Badge tone="info">being made</Badge>{" "}
      {rowsTotal > 0 && (
        <span className="text-muted tabular-nums">
          {formatCount(rowsDone)} of {formatCount(rowsTotal)} rows
        </span>
      )}
    </>
  );
}
