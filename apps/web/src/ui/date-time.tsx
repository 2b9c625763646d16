import { relativeTime } from "./relative-time.ts";
import { useNow } from "./use-now.ts";

type Props = {
  /** RFC 3339. */
  value: string | null;
  /** Shown when there is no time. */
  none?: string;
  /** `absolute` writes out the time where the reader is, `clock` without its day. */
  format?: "relative" | "absolute" | "clock";
};

/** A time, relative to now unless told otherwise, with the exact UTC time on hover. */
export function DateTime({ value, none = "never", format = "relative" }: Props) {
  const now = useNow();
  if (value === null) return <span className="text-faint">{none}</span>;
  const time = Date.parse(value);
  return (
    <time dateTime={value} title={utc(value)} className="whitespace-nowrap">
      {format === "relative" ? relativeTime(time, now) : localFormats[format].format(time)}
    </time>
  );
}

/** Times in digits, where the reader is. */
const clock = { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" } as const;
const day = { year: "numeric", month: "short", day: "numeric" } as const;
const localFormats = {
  clock: new Intl.DateTimeFormat("en", clock),
  absolute: new Intl.DateTimeFormat("en", { ...day, ...clock }),
};

/** 2026-11-21 08:00:00 UTC */
export function utc(value: string): string {
  return `${value.slice(0, 10)} ${value.slice(11, 19)} UTC`;
}
