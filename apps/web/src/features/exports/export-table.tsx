import type { EventExport } from "@muniment/shared/exports.ts";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { messageOf } from "../../errors.ts";
import { queryClient } from "../../query-client.ts";
import { trpc } from "../../trpc.ts";
import { Badge, type Tone } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { DateTime } from "../../ui/date-time.tsx";
import { formatCompact, formatCount } from "../../ui/format-count.ts";
import { Cell, Row, Table } from "../../ui/table.tsx";
import { toast } from "../../ui/toast.ts";
import { download } from "./download.ts";

const columns = [
  { label: "Search" },
  { label: "Format" },
  { label: "State" },
  { label: "Events", align: "right" },
  { label: "Bytes", align: "right" },
  { label: "Asked for" },
  { label: "Actions", hidden: true },
] as const;

const tones = {
  waiting: "info",
  running: "info",
  done: "ok",
  failed: "danger",
  cancelled: "neutral",
} as const satisfies Record<EventExport["status"], Tone>;

export function ExportTable({ exports }: { exports: readonly EventExport[] }) {
  return (
    <Table caption="Exports" columns={columns}>
      {exports.map((one) => (
        <Row key={one.id}>
          <Cell className="max-w-80 min-w-36">
            <code title={one.query} className="block truncate font-mono text-xs">
              {one.query || "every event"}
            </code>
            {one.error && <p className="text-xs text-danger">{one.error}</p>}
          </Cell>
          <Cell>{one.format}</Cell>
          <Cell>
            <Badge tone={tones[one.status]}>
              {one.status}
              {one.status === "running" && ` ${Math.round(one.progress * 100)}%`}
            </Badge>
          </Cell>
          <Cell align="right">{formatCount(one.rows)}</Cell>
          <Cell align="right">{formatCompact(one.bytes)}</Cell>
          <Cell>
            <DateTime value={one.createdAt} />
          </Cell>
          <Cell align="right">
            {(one.status === "running" || one.status === "waiting") && <CancelButton id={one.id} />}
            {one.canResume && <FetchButton id={one.id} />}
          </Cell>
        </Row>
      ))}
    </Table>
  );
}

function FetchButton({ id }: { id: string }) {
  const [begun, setBegun] = useState(false);
  const fetchAgain = () => {
    setBegun(true);
    download(id);
    // The browser tells nobody when the server has begun.
    setTimeout(() => {
      setBegun(false);
      void queryClient.invalidateQueries(trpc.exports.pathFilter());
    }, 1000);
  };
  return (
    <Button size="sm" pending={begun} onClick={fetchAgain}>
      Fetch again
    </Button>
  );
}

function CancelButton({ id }: { id: string }) {
  const cancel = useMutation(
    trpc.exports.cancel.mutationOptions({
      onSuccess: () => queryClient.invalidateQueries(trpc.exports.pathFilter()),
      onError: (error) => toast.error(messageOf(error) ?? ""),
    }),
  );
  return (
    <Button size="sm" pending={cancel.isPending} onClick={() => cancel.mutate({ id })}>
      Cancel
    </Button>
  );
}
