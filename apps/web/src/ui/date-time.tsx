import { relativeTime } from "./relative-time.ts";
import { useNow } from "./use-now.ts";

type Props = {
  /** RFC 3339. */
  value: string | null;
  /** Shown when there is no time. */
  none?: string;
  /** `absolute` writes the UTC time out; the other is in the title either way. */
  format?: "relative" | "absolute";
};

/** A time, relative to now, with the exact UTC time on hover. */
export function DateTime({ value, none = "never", format = "relative" }: Props) {
  const now = useNow();
  if (value === null) return <span className="text-faint">{none}</span>;
  const exact = utc(value);
  const relative = relativeTime(Date.parse(value), now);
  return (
    <time
      dateTime={value}
      title={format === "relative" ? exact : relative}
      className="whitespace-nowrap"
    >
      {format === "relative" ? relative : exact}
    </time>
  );
}

/** 2026-11-21 08:00:00 UTC */
export function utc(value: string): string {
  return `${value.slice(0, 10)} ${value.slice(11, 19)} UTC`;
}
