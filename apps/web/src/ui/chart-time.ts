const dayMilliseconds = 86_400_000;

const dateFormat = new Intl.DateTimeFormat("en", { day: "numeric", month: "short" });
const datedYear = new Intl.DateTimeFormat("en", {
  day: "numeric",
  month: "short",
  year: "numeric",
});
const timeFormat = new Intl.DateTimeFormat("en", {
  hour: "2-digit",
  minute: "2-digit",
  hourCycle: "h23",
});

/** The local times that a bucket covers: "Dec 10, 2025, 06:55 – 07:00". `now` decides whether the year is said. */
export function formatBucket(start: number, width: number, now: number): string {
  const end = start + width;
  const day = (time: number) => formatDay(time, now);
  if (isMidnight(start) && isMidnight(end)) {
    const last = day(end - 1);
    return last === day(start) ? last : `${day(start)} – ${last}`;
  }
  const from = `${day(start)}, ${timeFormat.format(start)}`;
  const sameDay = day(start) === day(end - 1);
  return `${from} – ${sameDay ? "" : `${day(end)}, `}${timeFormat.format(end)}`;
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
