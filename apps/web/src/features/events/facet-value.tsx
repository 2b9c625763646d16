import { Check } from "lucide-react";
import { cx } from "../../ui/class-names.ts";
import { formatCompact, formatCount } from "../../ui/format-count.ts";
import { asksFor, type Scalar } from "./field-filters.ts";
import { useFieldFilter } from "./field-names.ts";
import { useFilters } from "./use-explorer.ts";

type Props = {
  field: string;
  /** Undefined when no filter can ask for it. */
  value: Scalar | undefined;
  /** Null where the events lack the field. */
  label: string | null;
  count: number;
  /** The count in proportion to the most frequent value's, for the bar. */
  share: number;
};

export function FacetValue({ field, value, label, count, share }: Props) {
  const filters = useFilters();
  const filterBy = useFieldFilter();
  const known = label !== null && value !== undefined;
  const chosen = known && asksFor(filters, field, value);
  const action = known ? filterBy(field, value) : undefined;
  const className =
    "relative isolate flex h-6 w-full items-center gap-2 overflow-hidden rounded px-1.5 text-left text-xs";
  const content = (
    <>
      {share > 0 && (
        <span
          aria-hidden
          className={cx(
            "absolute inset-y-px left-0 -z-10 rounded-sm",
            chosen ? "bg-accent-soft" : "bg-line/55",
          )}
          style={{ width: `${Math.max(share * 100, 1)}%` }}
        />
      )}
      {chosen && <Check aria-hidden className="size-3 shrink-0 text-accent" />}
      <span className={cx("min-w-0 grow truncate", label === null && "text-muted italic")}>
        {label === null ? "without it" : label === "" ? "empty" : label}
      </span>
      <span className="text-muted" title={formatCount(count)}>
        {formatCompact(count)}
      </span>
    </>
  );
  return (
    <li>
      {action ? (
        <button
          type="button"
          aria-pressed={chosen}
          title={`${action.label}: ${label}`}
          onClick={action.run}
          className={cx(className, "hover:bg-line/50")}
        >
          {content}
        </button>
      ) : (
        <span className={className}>{content}</span>
      )}
    </li>
  );
}
