import type { ErrorReason } from "@muniment/shared/error-reasons.ts";

/** A REST route as the description tells it; the procedure behind it says who may call and how often. */
export type Operation = {
  method: "get" | "post";
  path: string;
  procedure: string;
  operationId: string;
  summary: string;
  description: string;
  /** Refusals of its own, beside those that every call can meet. */
  reasons: readonly ErrorReason[];
};

/** What any call may be answered. */
export const commonReasons = [
  "invalid_input",
  "multiple_credentials",
  "not_signed_in",
  "invalid_api_key",
  "invalid_access_token",
  "not_permitted",
  "missing_scope",
  "address_not_allowed",
  "rate_limited",
  "database_unavailable",
  "internal",
] as const satisfies readonly ErrorReason[];

export const ingestOperation: Operation = {
  method: "post",
  path: "/api/v1/events",
  procedure: "events.ingest",
  operationId: "sendEvents",
  summary: "Send 1 to 100 events",
  description:
    "Answers once every accepted event is durable, and accounts for each: sent = accepted + duplicates + rejected. Give every event an id and repeat a call that got no answer, 429, 502, 503 or 504 as it was: nothing is created twice. Wait at least as long as Retry-After says.",
  reasons: [
    "invalid_json",
    "unsupported_content_type",
    "body_too_large",
    "origin_not_allowed",
    "overloaded",
    "disk_full",
  ],
};

export const searchOperation: Operation = {
  method: "get",
  path: "/api/v1/events",
  procedure: "events.search",
  operationId: "searchEvents",
  summary: "Search events",
  description:
    "A page of events, newest first by (occurredAt, id). An event must pass every filter, and one of types and of levels. Ask for the next page with cursor set to nextCursor and the same filters.",
  reasons: [
    "invalid_json",
    "invalid_cursor",
    "invalid_range",
    "invalid_query",
    "overloaded",
    "timed_out",
  ],
};
