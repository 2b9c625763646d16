export type EventLevel = "debug" | "info" | "warn" | "error" | "critical";

/** What happened. Only `type` is needed; what a field may hold stands in the server's `/api/openapi.json`. */
export type MunimentEvent = {
  /** 1 to 128 of `a-z 0-9 . _ : -`, from general to particular: `deploy.finished`. */
  type: string;
  /** Default: `info`. */
  level?: EventLevel | undefined;
  /** At most 4 KiB. */
  message?: string | undefined;
  /** What it is about: `user:42`. */
  subject?: string | undefined;
  traceId?: string | undefined;
  /** Any JSON object up to 32 KiB, 16 levels deep. */
  props?: Record<string, unknown> | undefined;
  /** Default: now. */
  occurredAt?: Date | string | undefined;
  /** A UUIDv7 in lower case. Default: made when the event is queued, and kept however often it is sent. */
  id?: string | undefined;
  /** The agent's own counter. Default: as the client's `seq` option says. */
  seq?: number | undefined;
};

/** An event that waits to be sent, as the JSON text that it stays until the server has answered for it. */
export type QueuedEvent = { json: string };
