import type { Event, Facets } from "@muniment/shared/events.ts";
import { ChartColumnStacked, X } from "lucide-react";
import { useId, useState } from "react";
import { useAgentNames } from "../../agent-names.ts";
import { propPath } from "../../event-query.ts";
import { Button } from "../../ui/button.tsx";
import { cx } from "../../ui/class-names.ts";
import { defaultBy } from "./events-queries.ts";
import { FacetValue } from "./facet-value.tsx";
import { fieldLabel } from "./field-names.ts";
import { typedValue } from "./prop-paths.ts";
import { useBy, useUpdate } from "./use-explorer.ts";

type Props = Facets["facets"][number] & {
  events: readonly Event[];
  /** Takes a facet away that the person had added. */
  onRemove: (() => void) | undefined;
};

const shownAtFirst = 6;

/** The most frequent values of one field. */
export function Facet({ field, values: counted, newest, events, onRemove }: Props) {
  const [all, setAll] = useState(false);
  const by = useBy();
  const update = useUpdate();
  const agentName = useAgentNames();
  const id = useId();
  const path = propPath(field);
  const label = fieldLabel(field);
  const charted = by === field;
  // The events without the field are no answer to what is most frequent.
  const present = counted.filter(({ value }) => value !== null);
  const values = [...present, ...counted.filter(({ value }) => value === null)];
  const most = Math.max(1, ...present.map(({ count }) => count));
  return (
    <section aria-labelledby={id}>
      <header className="mb-0.5 flex h-7 items-center gap-1 pl-1.5">
        <h3
          id={id}
          title={field}
          className={cx(
            "min-w-0 grow truncate text-xs font-semibold first-letter:uppercase",
            path !== null && "font-mono first-letter:normal-case",
          )}
        >
          {label}
        </h3>
        {onRemove && (
          <Button
            variant="ghost"
            size="iconSm"
            aria-label={`Take ${label} away`}
            title="Take away"
            onClick={onRemove}
          >
            <X aria-hidden />
          </Button>
        )}
        <Button
          variant="ghost"
          size="iconSm"
          aria-label={`Chart by ${label}`}
          title={charted ? "The chart is by this" : "Chart by this"}
          aria-pressed={charted}
          className={charted ? "bg-accent-soft text-accent" : undefined}
          onClick={() => update({ by: charted || field === defaultBy ? undefined : field })}
        >
          <ChartColumnStacked aria-hidden />
        </Button>
      </header>
      {newest !== undefined && (
        <p className="px-1.5 text-xs text-faint">Of the newest {newest.toLocaleString("en")}</p>
      )}
      {values.length === 0 && <p className="px-1.5 text-xs text-faint">No values</p>}
      <ul>
        {(all ? values : values.slice(0, shownAtFirst)).map(({ value, count }) => (
          <FacetValue
            key={JSON.stringify(value)}
            field={field}
            value={value !== null && path !== null ? typedValue(events, path, value) : value}
            label={field === "agentId" && value !== null ? agentName(value) : value}
            count={count}
            share={value === null ? 0 : count / most}
          />
        ))}
      </ul>
      {values.length > shownAtFirst && (
        <button
          type="button"
          aria-expanded={all}
          onClick={() => setAll(!all)}
          className="h-6 rounded px-1.5 text-xs text-accent hover:underline"
        >
          {all ? "Fewer" : `${values.length - shownAtFirst} more`}
        </button>
      )}
    </section>
  );
}
