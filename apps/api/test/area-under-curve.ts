/**
 * How well one would tell two kinds apart by a number of each: the area under the ROC curve, 0.5
 * for not at all (the Mann-Whitney statistic; ties count half).
 */
export function areaUnderCurve(some: readonly number[], others: readonly number[]): number {
  let above = 0;
  for (const a of some) for (const b of others) above += a > b ? 1 : a === b ? 0.5 : 0;
  return above / (some.length * others.length);
}
