import type { Deliveries } from "@muniment/shared/agents.ts";
import { useSuspenseQuery } from "@tanstack/react-query";
import { Inbox } from "lucide-react";
import { SendCommands } from "../../send-commands.tsx";
import { DateTime } from "../../ui/date-time.tsx";
import { EmptyState } from "../../ui/empty-state.tsx";
import { formatCount } from "../../ui/format-count.ts";
import { Cell, Row, Table } from "../../ui/table.tsx";
import { deliveriesQuery } from "./deliveries-query.ts";
import { SequenceNotice } from "./sequence-notice.tsx";

const columns = [
  { label: "Key or import" },
  { label: "Batches", align: "right" },
  { label: "Sent", align: "right" },
  { label: "Accepted", align: "right" },
  { label: "Duplicates", align: "right" },
  { label: "Rejected", align: "right" },
  { label: "Last batch" },
] as const;

/** What became of all that an agent sent, by key, and what is missing of it. */
export function DeliveriesSection({ agentId }: { agentId: string }) {
  const { keys, total, sequence } = useSuspenseQuery(deliveriesQuery(agentId)).data;
  return (
    <section aria-labelledby="deliveries" className="mb-8">
      <h2 id="deliveries" className="mb-3 text-lg font-semibold">
        Deliveries
      </h2>
      {keys.length === 0 ? (
        <EmptyState icon={Inbox} title="Nothing sent yet">
          <p>
            Every batch is counted here, with what became of its events. With a key of this agent:
          </p>
          <div className="mt-3 w-[min(28rem,calc(100vw-6rem))]">
            <SendCommands />
          </div>
        </EmptyState>
      ) : (
        <div className="grid gap-3">
          <SequenceNotice sequence={sequence} />
          <Table caption="What became of sent events, by key" columns={columns}>
            {keys.map((key) => (
              <Row key={key.apiKeyId}>
                <Cell className="max-w-64 min-w-40">
                  <span title={key.name ?? undefined} className="block truncate">
                    {key.name ?? <span className="text-muted">deleted key or import</span>}
                  </span>
                  {key.prefix && (
                    <code className="font-mono text-xs text-muted">{key.prefix}…</code>
                  )}
                </Cell>
                <Counts of={key} />
                <Cell>
                  <DateTime value={key.lastReceivedAt} />
                </Cell>
              </Row>
            ))}
            {keys.length > 1 && (
              <Row className="font-medium">
                <Cell>Altogether</Cell>
                <Counts of={total} />
                <Cell />
              </Row>
            )}
          </Table>
        </div>
      )}
    </section>
  );
}

function Counts({ of }: { of: Deliveries["total"] }) {
  return [of.batches, of.sent, of.accepted, of.duplicates, of.rejected].map((count, place) => (
    <Cell key={columns[place + 1]?.label} align="right" className="tabular-nums">
      {formatCount(count)}
    </Cell>
  ));
}
