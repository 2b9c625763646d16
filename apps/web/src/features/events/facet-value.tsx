import type { Scalar } from "@muniment/shared/event-query/query.ts";
import { Ban, Check } from "lucide-react";
import { cx } from "../../ui/class-names.ts";
import { formatCompact, formatCount } from "../../ui/format-count.ts";
import { useFieldFilter } from "./field-names.ts";

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
  const actionsOf = useFieldFilter();
  const actions = label !== null && value !== undefined ? actionsOf(field, value) : undefined;
  const chosen = actions?.chosen ?? false;
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
    <li className="group relative">
      {actions ? (
        <>
          <button
            type="button"
            aria-pressed={chosen}
            title={`${actions.toggle.label}: ${label}`}
            onClick={actions.toggle.run}
            className={cx(className, "hover:bg-line/50")}
          >
            {content}
          </button>
          {actions.exclude && (
            <button
              type="button"
              title={actions.exclude.label}
              aria-label={`${actions.exclude.label}: ${label}`}
              onClick={actions.exclude.run}
              className="absolute inset-y-0 right-0 flex w-6 items-center justify-center rounded bg-raised text-muted opacity-0 group-hover:opacity-100 hover:text-danger focus-visible:opacity-100 [@media(hover:none)]:hidden"
            >
              <Ban aria-hidden className="size-3" />
            </button>
          )}
        </>
      ) : (
        <span className={className}>{content}</span>
      )}
    </li>
  );
}
