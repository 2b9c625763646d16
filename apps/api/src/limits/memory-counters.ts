import type { Counters } from "./counters.ts";

/** Counters looked through for ended windows when there are this many, and then twice as many. */
const firstSweep = 1000;

/** Milliseconds, whole: with fractions a window could come out longer than its rule by rounding. */
const clock = () => Math.floor(performance.now());

/** Counters of this process. Windows end by a clock that nobody can set. */
export function createMemoryCounters(): Counters {
  const windows = new Map<string, { counted: number; endsAt: number }>();
  let sweepAt = firstSweep;

  function running(key: string) {
    const window = windows.get(key);
    return window && window.endsAt > clock() ? window : undefined;
  }

  function sweep() {
    const now = clock();
    for (const [key, { endsAt }] of windows) if (endsAt <= now) windows.delete(key);
    sweepAt = Math.max(firstSweep, 2 * windows.size);
  }

  return {
    take(key, points, { points: limit, durationSeconds }) {
      const now = clock();
      const known = windows.get(key);
      const window =
        known && known.endsAt > now ? known : { counted: 0, endsAt: now + 1000 * durationSeconds };
      const counted = window.counted + points;
      const allowed = counted <= limit;
      if (allowed) {
        window.counted = counted;
        if (window !== known) {
          if (windows.size >= sweepAt) sweep();
          windows.set(key, window);
        }
      }
      const giveBack = () => {
        window.counted -= points;
      };
      return { allowed, counted, millisecondsLeft: window.endsAt - now, giveBack };
    },
    counted: (key) => running(key)?.counted ?? 0,
  };
}
