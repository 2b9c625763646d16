import { type AlertSeverity, alertSeverities } from "@muniment/shared/alerts.ts";
import { useSuspenseQuery } from "@tanstack/react-query";
import { Select } from "../../ui/select.tsx";
import { type AlertState, alertCountsQuery } from "./alerts-query.ts";

type Props = {
  state: AlertState;
  severity: AlertSeverity | undefined;
  onChange: (severity: AlertSeverity | undefined) => void;
};

/** The gravest first. */
const gravest = alertSeverities.toReversed();

/** Narrows the alerts to one severity, and tells how many of each are open. */
export function SeverityFilter({ state, severity, onChange }: Props) {
  const counts = useSuspenseQuery(alertCountsQuery()).data;
  const all = counts.high + counts.medium + counts.low;
  const of = (label: string, count: number) => (state === "open" ? `${label} (${count})` : label);
  return (
    <Select
      aria-label="Severity"
      className="mb-3 w-44"
      value={severity ?? ""}
      onChange={(event) => onChange(gravest.find((one) => one === event.target.value))}
    >
      <option value="">{of("Any severity", all)}</option>
      {gravest.map((one) => (
        <option key={one} value={one}>
          {of(one, counts[one])}
        </option>
      ))}
    </Select>
  );
}
