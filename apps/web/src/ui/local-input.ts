const minuteMilliseconds = 60_000;

/** The value of a `datetime-local` field for a time; empty without one. */
export function toLocalInput(time: string | undefined): string {
  if (time === undefined) return "";
  const date = new Date(time);
  const shifted = date.getTime() - date.getTimezoneOffset() * minuteMilliseconds;
  return new Date(shifted).toISOString().slice(0, 19);
}

/** The time that a `datetime-local` field means where the reader is; undefined while it is incomplete. */
export function fromLocalInput(value: string): string | undefined {
  const date = new Date(value);
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}

/** When the day of a `date` field begins where the reader is; undefined while it is incomplete. */
export function startOfDay(value: string): string | undefined {
  return fromLocalInput(`${value}T00:00:00`);
}

/** When the day after begins, which with summer time is not always 24 hours later. */
export function dayAfter(value: string): string | undefined {
  const date = new Date(`${value}T00:00:00`);
  date.setDate(date.getDate() + 1);
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}
