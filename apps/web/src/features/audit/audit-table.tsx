import type { AuditEntry } from "@muniment/shared/audit-log.ts";
import { Link } from "@tanstack/react-router";
import { DateTime } from "../../ui/date-time.tsx";
import { Cell, Row, Table } from "../../ui/table.tsx";
import { actorName, targetName } from "./entry-names.ts";
import { OutcomeBadge } from "./outcome-badge.tsx";

const columns = [
  { label: "Time" },
  { label: "Actor" },
  { label: "Action" },
  { label: "Target" },
  { label: "Outcome" },
  { label: "Address" },
  { label: "Index", align: "right" },
] as const;

export function AuditTable({ entries }: { entries: readonly AuditEntry[] }) {
  return (
    <Table caption="Audit log" columns={columns}>
      {entries.map((entry) => (
        <Row key={entry.id} className="relative">
          <Cell className="h-9 text-xs">
            <DateTime value={entry.at} format="absolute" />
          </Cell>
          <Cell className="h-9 max-w-56 truncate" title={actorName(entry.actor)}>
            {actorName(entry.actor)}
          </Cell>
          <Cell className="h-9">
            <Link
              from="/admin/audit"
              to="."
              search={(search) => ({ ...search, entry: entry.id })}
              className="font-mono text-xs whitespace-nowrap after:absolute after:inset-0"
            >
              {entry.action}
            </Link>
            <Count entry={entry} />
          </Cell>
          <Cell className="h-9 max-w-56 truncate text-muted" title={targetName(entry.target)}>
            {targetName(entry.target)}
          </Cell>
          <Cell className="h-9">
            <OutcomeBadge outcome={entry.outcome} />
          </Cell>
          <Cell className="h-9 font-mono text-xs whitespace-nowrap text-muted">
            {entry.address}
          </Cell>
          <Cell align="right" className="h-9 font-mono text-xs text-muted">
            {entry.index ?? <span title="Not sealed yet">–</span>}
          </Cell>
        </Row>
      ))}
    </Table>
  );
}

/** Identical refusals of one minute are one entry with a count. */
function Count({ entry }: { entry: AuditEntry }) {
  const { count } = entry.details;
  if (typeof count !== "number" || count < 2) return null;
  return <span className="ml-1.5 text-xs text-muted">×{count}</span>;
}
