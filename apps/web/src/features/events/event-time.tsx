import { utc } from "../../ui/date-time.tsx";

const monthAndDay = new Intl.DateTimeFormat("en", { month: "short", day: "2-digit" });
const clock = new Intl.DateTimeFormat("en", {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hourCycle: "h23",
});

/** A time where the reader is, with the exact UTC time on hover. */
export function EventTime({
  value,
  milliseconds = false,
}: {
  value: string;
  milliseconds?: boolean;
}) {
  const time = new Date(value);
  const thisYear = time.getFullYear() === new Date().getFullYear();
  return (
    <time
      dateTime={value}
      title={`${utc(value).slice(0, -4)}${value.slice(19, -1)} UTC`}
      className="whitespace-nowrap"
    >
      <span className="text-muted">
        {monthAndDay.format(time)} {!thisYear && `${time.getFullYear()} `}
      </span>
      {clock.format(time)}
      {milliseconds && <span className="text-faint">{value.slice(19, -1)}</span>}
    </time>
  );
}
