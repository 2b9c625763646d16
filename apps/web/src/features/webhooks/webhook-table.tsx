import type { Webhook } from "@muniment/shared/webhooks.ts";
import { Link } from "@tanstack/react-router";
import { DateTime } from "../../ui/date-time.tsx";
import { Cell, Row, Table } from "../../ui/table.tsx";
import { WebhookStatus } from "./webhook-status.tsx";

const columns = [
  { label: "Name" },
  { label: "Status" },
  { label: "Last delivered" },
  { label: "Created" },
] as const;

export function WebhookTable({ webhooks }: { webhooks: readonly Webhook[] }) {
  return (
    <Table caption="Webhooks" columns={columns}>
      {webhooks.map((webhook) => (
        <Row key={webhook.id}>
          <Cell className="max-w-96 min-w-44">
            <Link
              to="/webhooks/$id"
              params={{ id: webhook.id }}
              className="block truncate font-medium hover:text-accent hover:underline"
            >
              {webhook.name}
            </Link>
            <span title={webhook.url} className="block truncate text-xs text-muted">
              {webhook.url}
            </span>
          </Cell>
          <Cell>
            <WebhookStatus webhook={webhook} />
          </Cell>
          <Cell>
            <DateTime value={webhook.lastDeliveredAt} />
          </Cell>
          <Cell>
            <DateTime value={webhook.createdAt} />
          </Cell>
        </Row>
      ))}
    </Table>
  );
}
