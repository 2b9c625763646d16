import { exchange, type Spread, spreadOf } from "./robust.ts";

/** Hours that tell how far a series strays, and how many are needed to believe it. */
const spreadHours = 28 * 24;
export const fewestSpreadHours = 72;
const carefulSpread = 1.5;

const careful: Spread = {
  median: 0,
  up: carefulSpread,
  down: carefulSpread,
  core: carefulSpread,
  most: Number.POSITIVE_INFINITY,
};

/**
 * How the values of four weeks before an hour spread, every `step`-th of those that are known. Asked for one
 * day after another, it exchanges the hours of a day: to sort all of them again would take most of the time.
 */
export function spreadsOf(values: Float64Array, step = 1): (end: number) => Spread {
  const sorted = new Float64Array(Math.ceil(spreadHours / step));
  let length = 0;
  /** The first that is held, and the next that would be. */
  let [first, next] = [0, Number.NaN];

  function fill(from: number, end: number): void {
    length = 0;
    for (next = from; next < end; next += step) {
      const value = values[next] ?? Number.NaN;
      if (!Number.isNaN(value)) sorted[length++] = value;
    }
    sorted.subarray(0, length).sort();
  }

  function move(from: number, end: number): void {
    for (; next < end; next += step) {
      const gone = first < from ? (values[first] ?? Number.NaN) : Number.NaN;
      if (first < from) first += step;
      length = exchange(sorted, 0, length, gone, values[next] ?? Number.NaN);
    }
  }

  return (end) => {
    const from = Math.max(0, end - spreadHours);
    if ((from - first) % step === 0 && next <= end) move(from, end);
    else fill(from, end);
    first = from;
    if (length * step < fewestSpreadHours) return careful;
    return spreadOf(sorted.subarray(0, length));
  };
}
