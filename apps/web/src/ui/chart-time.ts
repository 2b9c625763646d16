const minuteMilliseconds = 60_000;
const dayMilliseconds = 86_400_000;
/** Clocks are never set back by more. */
const aroundMilliseconds = 180 * minuteMilliseconds;

const dateFormat = new Intl.DateTimeFormat("en", { day: "numeric", month: "short" });
const datedYear = new Intl.DateTimeFormat("en", {
  day: "numeric",
  month: "short",
  year: "numeric",
});
const clock = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" } as const;
const timeFormat = new Intl.DateTimeFormat("en", clock);
const zonedFormat = new Intl.DateTimeFormat("en", { ...clock, timeZoneName: "short" });

/** The local times that a bucket covers: "Dec 10, 2025, 06:55 – 07:00". `now` decides whether the year is said. */
export function formatBucket(start: number, width: number, now: number): string {
  const end = start + width;
  const day = (time: number) => formatDay(time, now);
  if (isMidnight(start) && isMidnight(end)) {
    const last = day(end - 1);
    return last === day(start) ? last : `${day(start)} – ${last}`;
  }
  const from = `${day(start)}, ${formatClock(start)}`;
  const sameDay = day(start) === day(end - 1);
  return `${from} – ${sameDay ? "" : `${day(end)}, `}${formatClock(end)}`;
}

/** "06:55", and "02:15 GMT+1" in an hour that the clocks here go through twice. */
export function formatClock(time: number): string {
  return (isRepeated(time) ? zonedFormat : timeFormat).format(time);
}

/** "Nov 21", with the year when it is not the present one. */
export function formatDay(time: number, now: number): string {
  const sameYear = new Date(time).getFullYear() === new Date(now).getFullYear();
  return (sameYear ? dateFormat : datedYear).format(time);
}

/** Labels of a time axis: times with the date below where it changes, or dates where steps are days. */
export function axisLabels(
  times: readonly number[],
  stepMilliseconds: number,
  now: number,
): string[] {
  let previous = "";
  return times.map((time) => {
    const day = formatDay(time, now);
    if (stepMilliseconds >= dayMilliseconds) return day;
    const label = day === previous ? timeFormat.format(time) : `${timeFormat.format(time)}\n${day}`;
    previous = day;
    return label;
  });
}

function isMidnight(time: number): boolean {
  const date = new Date(time);
  return date.getHours() === 0 && date.getMinutes() === 0;
}

/** Whether the clocks here show this time twice, as they do when summer time ends. */
function isRepeated(time: number): boolean {
  const offset = (at: number) => new Date(at).getTimezoneOffset() * minuteMilliseconds;
  const back = offset(time + aroundMilliseconds) - offset(time - aroundMilliseconds);
  return back > 0 && [back, -back].some((by) => offset(time + by) - offset(time) === by);
}
