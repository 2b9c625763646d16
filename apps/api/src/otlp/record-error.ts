/** A log record that cannot become an event; its neighbours can. The message is shown to the sender. */
export class RecordError extends Error {
  override name = "RecordError";
}

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
