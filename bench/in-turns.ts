import { readFileSync } from "node:fs";

type Side = () => Promise<number>;

/** What both sides did one right after the other, and the share of the processors' time that the host took meanwhile. */
export type Pair = { ours: number; plain: number; stolen: number };

/** For sides that can be measured for any time: a machine whose speed changes every few seconds needs many short turns. */
export const manyPairs = 21;
/** Of a pair that the host took more from, another is measured. */
const calm = 0.02;

/** Ticks that all processors had since the machine started, and how many of them the host gave to other machines. */
function ticks() {
  const counts =
    readFileSync("/proc/stat", "utf8").split("\n")[0]?.trim().split(/\s+/).slice(1, 9) ?? [];
  const all = counts.map(Number);
  return { all: all.reduce((sum, count) => sum + count, 0), stolen: all[7] ?? 0 };
}

const ratio = ({ ours, plain }: Pair) => ours / plain;

/**
 * The pair with the median ratio of the calmest ones: a best of each side would compare two moments of
 * a machine whose speed changes by half within minutes.
 */
export function middle(pairs: Pair[], wanted: number) {
  const calmest = pairs.toSorted((one, other) => one.stolen - other.stolen).slice(0, wanted);
  const stolen = Math.max(...calmest.map((pair) => pair.stolen));
  const ordered = calmest.toSorted((one, other) => ratio(one) - ratio(other));
  const [lower, median, upper] = [1, 2, 3].map(
    (quarter) => ordered[Math.floor(((ordered.length - 1) * quarter) / 4)],
  ) as [Pair, Pair, Pair];
  return {
    ours: median.ours,
    plain: median.plain,
    spread: [ratio(lower), ratio(upper)] as const,
    stolen,
  };
}

/**
 * Measures two sides in turns, who is first in turns, too; up to twice as often where the host takes
 * processor time.
 */
export async function inTurns(ours: Side, plain: Side, wanted = 7) {
  const pairs: Pair[] = [];
  while (pairs.length < 2 * wanted && pairs.filter((pair) => pair.stolen <= calm).length < wanted) {
    const from = ticks();
    const rates =
      pairs.length % 2 === 0
        ? { plain: await plain(), ours: await ours() }
        : { ours: await ours(), plain: await plain() };
    const to = ticks();
    pairs.push({ ...rates, stolen: (to.stolen - from.stolen) / (to.all - from.all) });
  }
  return middle(pairs, wanted);
}
