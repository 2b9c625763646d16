/** Sorts the first `length` of `values` in place; quicker than the built-in for some dozens. */
function sortFirst(values: Float64Array, length: number): void {
  for (let place = 1; place < length; place++) {
    const value = values[place] ?? 0;
    let gap = place - 1;
    for (; gap >= 0 && (values[gap] ?? 0) > value; gap--) values[gap + 1] = values[gap] ?? 0;
    values[gap + 1] = value;
  }
}

/** The median of the first `length` of `values`, which it sorts. */
export function medianOfFirst(values: Float64Array, length: number): number {
  sortFirst(values, length);
  const middle = length >> 1;
  const high = values[middle] ?? 0;
  return length % 2 === 1 ? high : ((values[middle - 1] ?? 0) + high) / 2;
}

/** How values lie about their median, in standard deviations of a normal distribution of that width. */
export type Spread = {
  median: number;
  up: number;
  down: number;
  /** Of the half closest to the median alone. */
  core: number;
  most: number;
};

/** Of a normal distribution: the median of the distances, and the quantile that 2 % lie beyond. */
const [normalMad, normalTail] = [0.6745, 2.054];
const tailShare = 0.02;

/**
 * The spread of values, which it sorts, apart upwards and downwards: by the median distance, or by the 2 % farthest
 * where those say more, so that what bursts now and then is known to burst.
 */
export function spreadOf(values: Float64Array): Spread {
  const sorted = values.sort();
  const last = sorted.length - 1;
  if (last < 0) return { median: 0, up: 0, down: 0, core: 0, most: 0 };
  const at = (share: number) => sorted[Math.round(share * last)] ?? 0;
  const median = at(0.5);
  const distance = (spot: number) => Math.abs((sorted[spot] ?? 0) - median);
  // The half of the sorted values that lies closest: the wider of its ends is the median distance.
  let [low, high] = [0, last];
  for (let left = sorted.length >> 1; left > 0; left--) {
    if (distance(low) > distance(high)) low++;
    else high--;
  }
  const core = Math.max(distance(low), distance(high)) / normalMad;
  return {
    median,
    up: Math.max(core, (at(1 - tailShare) - median) / normalTail),
    down: Math.max(core, (median - at(tailShare)) / normalTail),
    core,
    most: at(1),
  };
}
