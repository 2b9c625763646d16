import type { ChartSeries } from "./chart-data.ts";
import { Swatch } from "./chart-swatch.tsx";
import { formatCount } from "./format-count.ts";

type Props<T extends ChartSeries> = {
  series: readonly T[];
  /** What choosing a series does, as a name for its button; undefined where it does nothing. */
  actionOf?: (series: T) => { label: string; run: () => void } | undefined;
};

/** The series of a chart with their totals. */
export function ChartLegend<T extends ChartSeries>({ series, actionOf }: Props<T>) {
  return (
    <ul aria-label="Legend" className="flex min-h-6 flex-wrap gap-x-1 gap-y-0.5 text-xs">
      {series.map((one) => {
        const action = actionOf?.(one);
        const content = (
          <>
            <Swatch color={one.color} />
            <span className="min-w-0 truncate">{one.label}</span>
            <span className="text-muted">{formatCount(one.total)}</span>
          </>
        );
        return (
          <li key={one.key} className="max-w-64 min-w-0">
            {action ? (
              <button
                type="button"
                title={action.label}
                onClick={action.run}
                className="flex h-6 max-w-full items-center gap-1.5 rounded px-1.5 hover:bg-line/60"
              >
                <span className="sr-only">{action.label}: </span>
                {content}
              </button>
            ) : (
              <span className="flex h-6 items-center gap-1.5 px-1.5">{content}</span>
            )}
          </li>
        );
      })}
    </ul>
  );
}
