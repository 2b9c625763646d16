/**
 * Exchanges one value for another among those from `start` to `end`, which are sorted and stay so; NaN for
 * none, on either side. Answers where they end now.
 */
export function exchange(
  values: Float64Array,
  start: number,
  end: number,
  gone: number,
  come: number,
): number {
  let place = end;
  let last = end;
  if (!Number.isNaN(gone)) {
    place = start;
    while ((values[place] ?? Number.POSITIVE_INFINITY) < gone) place++;
    last -= 1;
  }
  if (Number.isNaN(come)) {
    for (; place < last; place++) values[place] = values[place + 1] ?? 0;
    return last;
  }
  for (; place > start && (values[place - 1] ?? 0) > come; place--) {
    values[place] = values[place - 1] ?? 0;
  }
  for (; place < last && (values[place + 1] ?? 0) < come; place++) {
    values[place] = values[place + 1] ?? 0;
  }
  values[place] = come;
  return last + 1;
}

/** The median of the values from `start` to `end`, which are sorted. */
export function medianOf(values: Float64Array, start: number, end: number): number {
  const middle = (start + end) >> 1;
  const high = values[middle] ?? 0;
  return (end - start) % 2 === 1 ? high : ((values[middle - 1] ?? 0) + high) / 2;
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
 * The spread of sorted values, apart upwards and downwards: by the median distance, or by the 2 % farthest
 * where those say more, so that what bursts now and then is known to burst.
 */
export function spreadOf(sorted: Float64Array): Spread {
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
