const units = ["B", "kB", "MB", "GB", "TB"] as const;

/** A size with the decimal prefix that fits, `1.2 MB`. */
export function formatBytes(bytes: number): string {
  const step = Math.min(Math.floor(Math.log10(Math.max(bytes, 1)) / 3), units.length - 1);
  const digits = step === 0 ? 0 : 1;
  return `${(bytes / 1000 ** step).toFixed(digits)} ${units[step]}`;
}
