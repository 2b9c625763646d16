import type { Delivery, DeliveryStatus } from "@muniment/shared/webhooks.ts";
import { useSuspenseInfiniteQuery } from "@tanstack/react-query";
import { Inbox } from "lucide-react";
import { useState } from "react";
import { loadMoreProps } from "../../paging.ts";
import { Badge, type Tone } from "../../ui/badge.tsx";
import { DateTime } from "../../ui/date-time.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { EmptyState } from "../../ui/empty-state.tsx";
import { LoadMore } from "../../ui/load-more.tsx";
import { Cell, Row, Table } from "../../ui/table.tsx";
import { deliveriesQuery } from "./deliveries-query.ts";
import { DeliveryDetails } from "./delivery-details.tsx";

const columns = [
  { label: "Number", align: "right" },
  { label: "What" },
  { label: "Status" },
  { label: "Last answer" },
  { label: "Took", align: "right" },
  { label: "Made" },
] as const;

const tones = {
  pending: "info",
  delivered: "ok",
  failed: "danger",
} as const satisfies Record<DeliveryStatus, Tone>;

type Props = { id: string; status: DeliveryStatus | undefined };

export function DeliveryList({ id, status }: Props) {
  const query = useSuspenseInfiniteQuery(deliveriesQuery(id, status));
  const deliveries = query.data.pages.flatMap((page) => page.items);
  const [openId, setOpenId] = useState<string | null>(null);
  const chosen = deliveries.find((delivery) => delivery.id === openId);
  if (deliveries.length === 0) {
    return (
      <EmptyState icon={Inbox} title={status ? "None of these" : "Nothing was sent yet"}>
        What is sent appears here, with each attempt and its answer.
      </EmptyState>
    );
  }
  return (
    <>
      <Table caption="Deliveries" columns={columns}>
        {deliveries.map((delivery) => (
          <DeliveryRow
            key={delivery.id}
            delivery={delivery}
            onOpen={() => setOpenId(delivery.id)}
          />
        ))}
      </Table>
      <LoadMore
        shown={deliveries.length}
        noun={{ one: "delivery", many: "deliveries" }}
        {...loadMoreProps(query)}
      />
      <Dialog
        open={chosen !== undefined}
        onOpenChange={(open) => !open && setOpenId(null)}
        title={`Delivery ${chosen?.sequence ?? ""}`}
        shape="panel"
      >
        {chosen && <DeliveryDetails delivery={chosen} />}
      </Dialog>
    </>
  );
}

function DeliveryRow({ delivery, onOpen }: { delivery: Delivery; onOpen: () => void }) {
  const last = delivery.attempts.at(-1);
  return (
    <Row>
      <Cell align="right">{delivery.sequence}</Cell>
      <Cell>
        <button
          type="button"
          onClick={onOpen}
          className="font-mono text-xs font-medium hover:text-accent hover:underline"
        >
          {delivery.topic}
        </button>
      </Cell>
      <Cell>
        <Badge tone={tones[delivery.status]}>
          {delivery.status === "pending" ? "waiting" : delivery.status}
        </Badge>
      </Cell>
      <Cell className="max-w-64 truncate text-xs text-muted">
        {last ? (last.status ?? last.error) : "none yet"}
      </Cell>
      <Cell align="right">{last ? `${last.durationMs} ms` : ""}</Cell>
      <Cell>
        <DateTime value={delivery.createdAt} />
      </Cell>
    </Row>
  );
}
