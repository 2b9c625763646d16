const day = 86_400_000;

/** How to read times that do not say everything. */
export type TimeOptions = {
  /** Minutes east of UTC, for times without a zone. */
  offsetMinutes: number;
  /** Now, or when the log was last written (milliseconds): times without a year lie before it. */
  reference: number;
  /** The year of the log's first line; later ones follow from it. Absent: guessed line by line. */
  year?: number | undefined;
  /** The time of the line before. */
  previous?: number | undefined;
};

/** A time of day on a calendar date as a log wrote it; month from 0. */
export type WrittenTime = {
  year?: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
  millisecond?: number;
};

const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** The number of an English month's short name, from 0; -1 when it is none. */
export function monthOf(name: string): number {
  return months.indexOf(name);
}

/** The instant in milliseconds, or undefined when there is no such time. */
export function instant(written: WrittenTime, options: TimeOptions): number | undefined {
  if (written.month < 0 || written.hour > 23 || written.minute > 59 || written.second > 60) {
    return undefined;
  }
  if (written.year !== undefined) return inYear(written, written.year, options);
  return options.year === undefined
    ? latestPast(written, options)
    : following(written, options.year, options);
}

/** The latest year that does not put the time more than a day after the reference. */
function latestPast(written: WrittenTime, options: TimeOptions): number | undefined {
  const latest = options.reference + day;
  const thisYear = new Date(latest + day).getUTCFullYear();
  // Eight years back is the longest way to a 29 February.
  for (let year = thisYear; year >= thisYear - 8; year -= 1) {
    const time = inYear(written, year, options);
    if (time !== undefined && time <= latest) return time;
  }
  return undefined;
}

/** The year of the line before, or the next one when the date has gone back by over a week. */
function following(written: WrittenTime, firstYear: number, options: TimeOptions) {
  const { previous } = options;
  if (previous === undefined) return inYear(written, firstYear, options);
  const year = new Date(previous + options.offsetMinutes * 60_000).getUTCFullYear();
  const late = inYear(written, year - 1, options);
  if (late !== undefined && late >= previous - day) return late;
  const same = inYear(written, year, options);
  if (same !== undefined && same >= previous - 7 * day) return same;
  return inYear(written, year + 1, options) ?? same;
}

function inYear(written: WrittenTime, year: number, { offsetMinutes }: TimeOptions) {
  const { month, day, hour, minute, second, millisecond = 0 } = written;
  const time = Date.UTC(year, month, day, hour, minute, second, millisecond);
  // Date.UTC turns 30 February into a day of March, and adds 1900 to years below 100.
  const date = new Date(time - second * 1000);
  if (date.getUTCDate() !== day || date.getUTCFullYear() !== year) return undefined;
  return time - offsetMinutes * 60_000;
}
