import { useState } from "react";
import { Input } from "../../ui/input.tsx";
import { dayAfter, startOfDay, toLocalInput } from "../../ui/local-input.ts";
import { Select } from "../../ui/select.tsx";
import { type AuditFilters, ranges } from "./audit-search.ts";

type Range = Pick<AuditFilters, "range" | "from" | "to">;
type Props = { filters: Range; onChange: (range: Range) => void };

export function RangeFilter({ filters, onChange }: Props) {
  const { range, from, to } = filters;
  const [asked, setAsked] = useState(false);
  // Also where a part of the chart was chosen.
  const custom = asked || from !== undefined || to !== undefined;
  return (
    <>
      <Select
        aria-label="Time range"
        className="w-40"
        value={custom ? "custom" : (range ?? "")}
        onChange={(event) => {
          setAsked(event.target.value === "custom");
          const chosen = ranges.find(({ value }) => value === event.target.value)?.value;
          onChange({ range: chosen, from: undefined, to: undefined });
        }}
      >
        <option value="">All time</option>
        {ranges.map(({ value, label }) => (
          <option key={value} value={value}>
            {label}
          </option>
        ))}
        <option value="custom">Custom days</option>
      </Select>
      {custom && (
        <>
          <Input
            type="date"
            aria-label="From"
            className="w-36"
            value={toLocalInput(from).slice(0, 10)}
            onChange={(event) =>
              onChange({ range: undefined, from: startOfDay(event.target.value), to })
            }
          />
          <span className="text-sm text-muted">to</span>
          <Input
            type="date"
            aria-label="To, inclusive"
            className="w-36"
            value={to ? lastDay(to) : ""}
            onChange={(event) =>
              onChange({ range: undefined, from, to: dayAfter(event.target.value) })
            }
          />
        </>
      )}
    </>
  );
}

/** The last day, in local time, that lies before the end. */
function lastDay(to: string): string {
  return toLocalInput(new Date(Date.parse(to) - 1).toISOString()).slice(0, 10);
}
