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
  { label: "What is counted", wide: true },
  { label: "At most", align: "right", wide: true },
  { label: "Within", wide: true },
  { label: "Default", wide: true },
  { label: "Actions", hidden: true },
] as const;

const inWords = ({ points, durationSeconds }: LimitItem["rule"]) =>
  `${formatCount(points)} in ${formatDuration(durationSeconds)}`;

export function LimitTable({ limits }: { limits: readonly LimitItem[] }) {
  const [chosen, setChosen] = useState<LimitItem | null>(null);
  return (
    <>
      <Table caption="Rate limits" columns={columns}>
        {limits.map((limit) => (
          <Row key={limit.name}>
            <Cell className="sm:min-w-52">
              <LimitName limit={limit} />
              <span className="block text-xs sm:hidden">{inWords(limit.rule)}</span>
            </Cell>
            <Cell wide className="min-w-40 text-xs text-muted">
              {limit.countedPer}
            </Cell>
            <Cell wide align="right" className="font-medium">
              {formatCount(limit.rule.points)}
            </Cell>
            <Cell wide className="whitespace-nowrap">
              {formatDuration(limit.rule.durationSeconds)}
            </Cell>
            <Cell wide className="text-xs whitespace-nowrap text-muted">
              {limit.defaultRule ? inWords(limit.defaultRule) : "the class's"}
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
      <span className="flex flex-wrap items-center gap-x-2 font-medium">
        {target ? limitMeanings[target.class] : limit.name}
        {target?.procedure && <code className="font-mono text-xs">{target.procedure}</code>}
        {limit.changed && <Badge tone="warn">changed</Badge>}
      </span>
      <code className="font-mono text-xs text-muted wrap-anywhere">{limit.name}</code>
    </>
  );
}
