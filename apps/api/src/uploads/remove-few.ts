const lanes = 4;

/**
 * Calls `remove` for ids, a few at a time, until all were tried or `milliseconds` have passed; no call is
 * begun after that.
 * @throws what the first call threw that failed, after all others
 */
export async function removeFew(
  ids: readonly string[],
  milliseconds: number,
  remove: (id: string) => Promise<void>,
): Promise<void> {
  const end = performance.now() + milliseconds;
  const left = ids.values();
  const failures: unknown[] = [];
  async function lane() {
    for (const id of left) {
      // One file that cannot be removed must not keep those behind it.
      await remove(id).catch((error: unknown) => failures.push(error));
      if (performance.now() >= end) return;
    }
  }
  await Promise.all(Array.from({ length: lanes }, lane));
  if (failures.length > 0) throw failures[0];
}
