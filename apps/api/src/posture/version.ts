const numbers = (version: string) =>
  (version.split("-")[0] ?? "").split(".").map((part) => Number(part));

/** Negative when `a` is the older; a pre-release counts as its release. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [numbers(a), numbers(b)];
  for (let index = 0; index < 3; index++) {
    const difference = (left[index] ?? 0) - (right[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
