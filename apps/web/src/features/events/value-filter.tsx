import { ListFilter, ListX } from "lucide-react";
import { Button } from "../../ui/button.tsx";
import { asksFor, type Scalar } from "./field-filters.ts";
import { fieldLabel, useFieldFilter } from "./field-names.ts";
import { useFilters } from "./use-explorer.ts";

/** A button that makes a value a filter, or takes that filter away; nothing where no filter can ask for it. */
export function ValueFilter({ field, value }: { field: string; value: Scalar }) {
  const chosen = asksFor(useFilters(), field, value);
  const action = useFieldFilter()(field, value);
  if (!action) return null;
  const Icon = chosen ? ListX : ListFilter;
  const title = chosen ? "Remove this filter" : "Filter by this value";
  return (
    <Button
      variant="ghost"
      size="iconSm"
      aria-label={`${title}: ${fieldLabel(field)} ${value}`}
      title={title}
      aria-pressed={chosen}
      className={chosen ? "-my-0.5 shrink-0 text-accent" : "-my-0.5 shrink-0"}
      onClick={action.run}
    >
      <Icon aria-hidden />
    </Button>
  );
}
