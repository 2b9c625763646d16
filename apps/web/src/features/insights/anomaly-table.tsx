import type { Anomaly } from "@muniment/shared/insights.ts";
import { Link } from "@tanstack/react-router";
import { useAgentNames } from "../../agent-names.ts";
import { anomalySearch } from "../../anomalies.ts";
import { Badge, type Tone } from "../../ui/badge.tsx";
import { DateTime } from "../../ui/date-time.tsx";
import { Cell, Row, Table } from "../../ui/table.tsx";

const columns = [
  { label: "What" },
  { label: "Type" },
  { label: "Agent" },
  { label: "Score", align: "right" },
] as const;

const directions = {
  more: { tone: "warn", word: "more" },
  fewer: { tone: "info", word: "fewer" },
  new: { tone: "accent", word: "new" },
} as const satisfies Record<Anomaly["direction"], { tone: Tone; word: string }>;

const hour = 3_600_000;

function lasted({ start, end }: Anomaly): string {
  const hours = Math.round((Date.parse(end) - Date.parse(start)) / hour);
  return hours < 48 ? `${hours} h` : `${Math.round(hours / 24)} days`;
}

export function AnomalyTable({ anomalies }: { anomalies: readonly Anomaly[] }) {
  const agentName = useAgentNames();
  return (
    <Table caption="What stands out" columns={columns}>
      {anomalies.map((one) => (
        <Row key={JSON.stringify([one.agentId, one.type, one.direction, one.start, one.hours])}>
          <Cell className="min-w-64">
            <div className="flex items-start gap-2">
              <Badge tone={directions[one.direction].tone}>{directions[one.direction].word}</Badge>
              <div>
                <Link
                  to="/events"
                  search={anomalySearch(one)}
                  className="text-accent hover:underline"
                >
                  {one.explanation}
                </Link>
                <div className="text-xs text-muted">
                  <DateTime value={one.start} format="absolute" />, {lasted(one)}
                </div>
              </div>
            </div>
          </Cell>
          <Cell className="font-mono text-xs">{one.type}</Cell>
          <Cell className="max-w-40 truncate">{agentName(one.agentId)}</Cell>
          <Cell align="right">{Math.round(one.score)}</Cell>
        </Row>
      ))}
    </Table>
  );
}
