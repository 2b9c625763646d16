import type { AuditEntry } from "@muniment/shared/audit-log.ts";
import { Link } from "@tanstack/react-router";
import { Fragment } from "react";
import { DateTime } from "../../ui/date-time.tsx";
import { Cell, Row, Table } from "../../ui/table.tsx";
import { actorName, targetName } from "./entry-names.ts";
import { OutcomeBadge } from "./outcome-badge.tsx";

const columns = [
  { label: "Time" },
  { label: "Actor", wide: true },
  { label: "Action" },
  { label: "Target", wide: true },
  { label: "Outcome" },
  { label: "Address", wide: true },
  { label: "Index", align: "right", wide: true },
] as const;

export function AuditTable({ entries }: { entries: readonly AuditEntry[] }) {
  return (
    <Table caption="Audit log" columns={columns}>
      {entries.map((entry, place) => (
        <Fragment key={entry.id}>
          <DayRow day={dayOf(entry)} before={entries[place - 1]} />
          <Row className="relative">
            <Cell className="h-9 text-xs max-sm:align-top">
              <DateTime value={entry.at} format="clock" />
            </Cell>
            <Cell wide className="h-9 max-w-56 truncate" title={actorName(entry.actor)}>
              {actorName(entry.actor)}
            </Cell>
            <Cell className="h-9 max-sm:w-full max-sm:max-w-0">
              <Link
                from="/admin/audit"
                to="."
                search={(search) => ({ ...search, entry: entry.id })}
                className="font-mono text-xs after:absolute after:inset-0 max-sm:break-words sm:whitespace-nowrap"
              >
                {entry.action}
              </Link>
              <Count entry={entry} />
              <Parties entry={entry} />
            </Cell>
            <Cell
              wide
              className="h-9 max-w-56 truncate text-muted"
              title={targetName(entry.target)}
            >
              {targetName(entry.target)}
            </Cell>
            <Cell className="h-9 max-sm:align-top">
              <OutcomeBadge outcome={entry.outcome} />
            </Cell>
            <Cell wide className="h-9 font-mono text-xs whitespace-nowrap text-muted">
              {entry.address}
            </Cell>
            <Cell wide align="right" className="h-9 font-mono text-xs text-muted">
              {entry.index ?? <span title="Not sealed yet">–</span>}
            </Cell>
          </Row>
        </Fragment>
      ))}
    </Table>
  );
}

/** Actor and target below the action, where the window is too narrow for columns of their own. */
function Parties({ entry }: { entry: AuditEntry }) {
  const target = targetName(entry.target);
  return (
    <span className="mt-0.5 block text-xs text-muted sm:hidden">
      <span className="block truncate">{actorName(entry.actor)}</span>
      {target && <span className="block truncate">on {target}</span>}
    </span>
  );
}

const dayFormat = new Intl.DateTimeFormat("en", { dateStyle: "full" });

/** Where the reader is, as the times of the entries are shown. */
const dayOf = ({ at }: AuditEntry) => dayFormat.format(Date.parse(at));

/** The day of the entries below; nothing where the entry before is of the same. */
function DayRow({ day, before }: { day: string; before: AuditEntry | undefined }) {
  if (before && dayOf(before) === day) return null;
  return (
    <tr className="bg-sunken/60">
      <th
        scope="rowgroup"
        colSpan={columns.length}
        className="h-8 px-4 text-left text-xs font-medium text-muted"
      >
        {day}
      </th>
    </tr>
  );
}

/** Identical refusals of one minute are one entry with a count. */
function Count({ entry }: { entry: AuditEntry }) {
  const { count } = entry.details;
  if (typeof count !== "number" || count < 2) return null;
  return <span className="ml-1.5 text-xs text-muted">×{count}</span>;
}
