import type { Scalar } from "@muniment/shared/event-query/query.ts";
import { ListFilter, ListX } from "lucide-react";
import { Button } from "../../ui/button.tsx";
import { fieldLabel, useFieldFilter } from "./field-names.ts";

/** A button that makes a value a filter, or takes that filter away; nothing where no query can ask for it. */
export function ValueFilter({ field, value }: { field: string; value: Scalar }) {
  const actions = useFieldFilter()(field, value);
  if (!actions) return null;
  const { chosen, toggle } = actions;
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
      onClick={toggle.run}
    >
      <Icon aria-hidden />
    </Button>
  );
}
