import { askFor, asksFor, propPath, type Scalar, stopAsking } from "./field-filters.ts";
import { useFilters, useSetFilters } from "./use-explorer.ts";

const fixedNames: Record<string, string> = {
  level: "level",
  type: "type",
  agentId: "agent",
  subject: "subject",
  traceId: "trace",
};

/** A field as people know it: `agent`, or the path of a property. */
export function fieldLabel(field: string): string {
  return fixedNames[field] ?? propPath(field) ?? field;
}

/** What choosing a value of a field does: it becomes a filter, or stops being one. */
export function useFieldFilter() {
  const filters = useFilters();
  const setFilters = useSetFilters();
  return (field: string, value: Scalar): { label: string; run: () => void } | undefined => {
    if (asksFor(filters, field, value)) {
      return {
        label: "Remove the filter",
        run: () => setFilters(stopAsking(filters, field, value)),
      };
    }
    const next = askFor(filters, field, value);
    return next && { label: "Show only", run: () => setFilters(next) };
  };
}
