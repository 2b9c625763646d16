import type { EventImport } from "@muniment/shared/imports.ts";
import { useMutation } from "@tanstack/react-query";
import { messageOf } from "../../errors.ts";
import { queryClient } from "../../query-client.ts";
import { trpc } from "../../trpc.ts";
import { Badge, type Tone } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { DateTime } from "../../ui/date-time.tsx";
import { formatBytes } from "../../ui/format-bytes.ts";
import { formatCount } from "../../ui/format-count.ts";
import { Cell, Row, Table } from "../../ui/table.tsx";
import { toast } from "../../ui/toast.ts";
import { isUnderWay } from "./imports-query.ts";

const columns = [
  { label: "File" },
  { label: "Agent" },
  { label: "State" },
  { label: "Stored", align: "right" },
  { label: "Known before", align: "right" },
  { label: "Refused", align: "right" },
  { label: "Started" },
  { label: "Actions", hidden: true },
] as const;

const tones = {
  receiving: "info",
  queued: "info",
  running: "info",
  done: "ok",
  failed: "danger",
  cancelled: "neutral",
} as const satisfies Record<EventImport["status"], Tone>;

const percent = (part: number, all: number) => `${Math.floor((part / all) * 100)}%`;

function stateOf({ status, receivedBytes, doneBytes, sizeBytes }: EventImport): string {
  if (status === "receiving") return `sending ${percent(receivedBytes, sizeBytes)}`;
  return status === "running" ? `running ${percent(doneBytes, sizeBytes)}` : status;
}

type Props = {
  imports: readonly EventImport[];
  agentName: (id: string) => string;
  onRejects: (one: EventImport) => void;
};

export function ImportTable({ imports, agentName, onRejects }: Props) {
  return (
    <Table caption="Imports" columns={columns}>
      {imports.map((one) => (
        <Row key={one.id}>
          <Cell className="max-w-80 min-w-36">
            <span title={one.name} className="block truncate font-medium">
              {one.name}
            </span>
            <p className="text-xs text-muted">
              {one.format}, {formatBytes(one.sizeBytes)}
              {one.whole && ", a whole export"}
            </p>
            {one.error && <p className="text-xs text-danger">{one.error}</p>}
          </Cell>
          <Cell>{agentName(one.agentId)}</Cell>
          <Cell>
            <Badge tone={tones[one.status]}>{stateOf(one)}</Badge>
          </Cell>
          <Cell align="right">{formatCount(one.accepted)}</Cell>
          <Cell align="right">{formatCount(one.duplicates)}</Cell>
          <Cell align="right">{formatCount(one.rejected)}</Cell>
          <Cell>
            <DateTime value={one.createdAt} />
          </Cell>
          <Cell align="right">
            <div className="flex justify-end gap-2">
              {one.rejected > 0 && (
                <Button size="sm" onClick={() => onRejects(one)}>
                  Refused lines
                </Button>
              )}
              {isUnderWay(one) && <CancelButton id={one.id} />}
            </div>
          </Cell>
        </Row>
      ))}
    </Table>
  );
}

function CancelButton({ id }: { id: string }) {
  const cancel = useMutation(
    trpc.imports.cancel.mutationOptions({
      onSuccess: () => queryClient.invalidateQueries(trpc.imports.pathFilter()),
      onError: (error) => toast.error(messageOf(error) ?? ""),
    }),
  );
  return (
    <Button size="sm" pending={cancel.isPending} onClick={() => cancel.mutate({ id })}>
      Cancel
    </Button>
  );
}
