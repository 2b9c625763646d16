import { type ChartBuckets, type ChartSeries, totalAt } from "./chart-data.ts";
import { formatBucket } from "./chart-time.ts";
import { formatCount } from "./format-count.ts";

type Props = {
  caption: string;
  buckets: ChartBuckets;
  series: readonly ChartSeries[];
  before?: readonly number[] | undefined;
  /** In pixels; the table scrolls inside. */
  height: number;
  /** Shows only one bucket's time. */
  onZoom?: ((from: number, to: number) => void) | undefined;
};

/** The numbers of a chart; empty buckets are left out. */
export function ChartTable({ caption, buckets, series, before, height, onZoom }: Props) {
  const places = [...buckets.starts.keys()].filter(
    (place) => totalAt(series, place) > 0 || (before?.[place] ?? 0) > 0,
  );
  return (
    <section
      aria-label={caption}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a keyboard must be able to scroll it
      tabIndex={0}
      className="overflow-auto rounded-md border"
      style={{ height }}
    >
      <table className="w-full text-xs">
        <caption className="sr-only">{caption}; times without any are left out</caption>
        <thead className="sticky top-0 bg-surface text-muted">
          <tr className="text-right">
            <th scope="col" className="px-3 py-1.5 text-left font-medium">
              Time
            </th>
            <th scope="col" className="px-3 py-1.5 font-medium">
              Total
            </th>
            {before && (
              <th scope="col" className="px-3 py-1.5 font-medium">
                Before
              </th>
            )}
            {series.map((one) => (
              <th key={one.key} scope="col" className="max-w-40 truncate px-3 py-1.5 font-medium">
                {one.label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {places.map((place) => {
            const start = buckets.starts[place] ?? 0;
            const time = formatBucket(start, buckets.width, Date.now());
            return (
              <tr key={start} className="border-t text-right">
                <th scope="row" className="px-3 py-1 text-left font-normal whitespace-nowrap">
                  {onZoom ? (
                    <button
                      type="button"
                      title="Show only this time"
                      className="text-accent hover:underline"
                      onClick={() => onZoom(start, start + buckets.width)}
                    >
                      {time}
                    </button>
                  ) : (
                    time
                  )}
                </th>
                <td className="px-3 py-1">{formatCount(totalAt(series, place))}</td>
                {before && (
                  <td className="px-3 py-1 text-muted">{formatCount(before[place] ?? 0)}</td>
                )}
                {series.map((one) => (
                  <td key={one.key} className="px-3 py-1 text-muted">
                    {formatCount(one.counts[place] ?? 0)}
                  </td>
                ))}
              </tr>
            );
          })}
        </tbody>
      </table>
    </section>
  );
}
