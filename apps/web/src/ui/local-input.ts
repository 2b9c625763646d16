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
