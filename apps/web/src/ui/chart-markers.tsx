import { TriangleAlert } from "lucide-react";
import type { ChartBuckets } from "./chart-data.ts";
import { plotInsets } from "./chart-plot.ts";

/** A time that stands out. */
export type ChartMarker = {
  key: string;
  /** In milliseconds. */
  at: number;
  /** What is said of it, in one or a few sentences. */
  label: string;
  onOpen: () => void;
};

/** Above a chart, a button at each time that stands out. */
export function ChartMarkers(props: { markers: readonly ChartMarker[]; buckets: ChartBuckets }) {
  const { starts, width } = props.buckets;
  const first = starts[0] ?? 0;
  const span = (starts.at(-1) ?? first) + width - first;
  const inner = `(100% - ${plotInsets.left + plotInsets.right}px)`;
  return (
    <ul aria-label="What stands out" className="relative h-6">
      {props.markers.map(({ key, at, label, onOpen }) => (
        <li
          key={key}
          className="absolute top-0 -translate-x-1/2"
          style={{ left: `calc(${plotInsets.left}px + ${inner} * ${(at - first) / span})` }}
        >
          <button
            type="button"
            aria-label={label}
            title={label}
            onClick={onOpen}
            className="grid size-6 place-items-center rounded text-warn hover:bg-warn-soft"
          >
            <TriangleAlert aria-hidden className="size-3.5" />
          </button>
        </li>
      ))}
    </ul>
  );
}
