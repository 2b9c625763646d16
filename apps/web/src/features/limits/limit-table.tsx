import { useState } from "react";
import { Badge } from "../../ui/badge.tsx";
import { formatCount } from "../../ui/format-count.ts";
import { formatDuration } from "../../ui/format-duration.ts";
import { Cell, Row, Table } from "../../ui/table.tsx";
import { ChangeLimitDialog } from "./change-limit-dialog.tsx";
import { LimitActions } from "./limit-actions.tsx";
import type { LimitItem } from "./limit-item.ts";
import { limitMeanings, parseLimitTarget } from "./limit-target.ts";

const columns = [
  { label: "Limit" },
  { label: "What is counted" },
  { label: "At most", align: "right" },
  { label: "Within" },
  { label: "Default" },
  { label: "Actions", hidden: true },
] as const;

export function LimitTable({ limits }: { limits: readonly LimitItem[] }) {
  const [chosen, setChosen] = useState<LimitItem | null>(null);
  return (
    <>
      <Table caption="Rate limits" columns={columns}>
        {limits.map((limit) => (
          <Row key={limit.name}>
            <Cell className="min-w-52">
              <LimitName limit={limit} />
            </Cell>
            <Cell className="min-w-40 text-xs text-muted">{limit.countedPer}</Cell>
            <Cell align="right" className="font-medium">
              {formatCount(limit.rule.points)}
            </Cell>
            <Cell className="whitespace-nowrap">{formatDuration(limit.rule.durationSeconds)}</Cell>
            <Cell className="text-xs whitespace-nowrap text-muted">
              {limit.defaultRule
                ? `${formatCount(limit.defaultRule.points)} in ${formatDuration(limit.defaultRule.durationSeconds)}`
                : "the class's"}
            </Cell>
            <Cell align="right">
              <LimitActions limit={limit} onChange={() => setChosen(limit)} />
            </Cell>
          </Row>
        ))}
      </Table>
      <ChangeLimitDialog limit={chosen} onClose={() => setChosen(null)} />
    </>
  );
}

function LimitName({ limit }: { limit: LimitItem }) {
  const target = parseLimitTarget(limit.name);
  return (
    <>
      <span className="flex items-center gap-2 font-medium">
        {target ? limitMeanings[target.class] : limit.name}
        {target?.procedure && <code className="font-mono text-xs">{target.procedure}</code>}
        {limit.changed && <Badge tone="warn">changed</Badge>}
      </span>
      <code className="font-mono text-xs text-muted">{limit.name}</code>
    </>
  );
}
