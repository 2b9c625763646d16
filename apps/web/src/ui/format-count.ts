const full = new Intl.NumberFormat("en");
const compact = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });

/** 1,203,441 */
export function formatCount(count: number): string {
  return full.format(count);
}

/** 1.2M */
export function formatCompact(count: number): string {
  return compact.format(count);
}
