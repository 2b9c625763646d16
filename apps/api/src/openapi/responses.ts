import type { ErrorReason } from "@muniment/shared/error-reasons.ts";
import { getHTTPStatusCodeFromError } from "@trpc/server/http";
import { AppError } from "../errors.ts";

const statusTitles: Record<number, string> = {
  400: "The call is malformed.",
  401: "The credential is missing or not valid.",
  403: "The credential does not allow this.",
  413: "The body is too large.",
  415: "The body is of another type.",
  429: "Too many calls or events; come back after Retry-After.",
  500: "The server failed; tell its operator the request id.",
  503: "The server cannot do it now; come back after Retry-After.",
  504: "The question took too long.",
};

/** The header fields of answers, by their component's name. */
export const headers = {
  RateLimitPolicy: {
    description:
      'The limit that is nearest, such as "ingest_calls";q=6000;w=60: q units in w seconds (draft-ietf-httpapi-ratelimit-headers).',
    schema: { type: "string" },
  },
  RateLimit: {
    description: "What is left of it (r), and the seconds until it starts anew (t).",
    schema: { type: "string" },
  },
  RetryAfter: {
    description: "Seconds to wait before the same call may succeed.",
    schema: { type: "integer", minimum: 1 },
  },
  RequestId: {
    description: "Names this call in the server's log.",
    schema: { type: "string", format: "uuid" },
  },
};

const header = (name: keyof typeof headers) => ({ $ref: `#/components/headers/${name}` });
const limitHeaders = {
  "RateLimit-Policy": header("RateLimitPolicy"),
  RateLimit: header("RateLimit"),
  "X-Request-Id": header("RequestId"),
};

export const errorSchema = {
  type: "object",
  required: ["error"],
  additionalProperties: false,
  properties: {
    error: {
      type: "object",
      required: ["code", "reason", "message", "requestId"],
      additionalProperties: false,
      properties: {
        code: { type: "string", description: "The class of the error, as tRPC names it." },
        reason: { type: "string", description: "Stable: switch on this, never on the message." },
        message: { type: "string", description: "For people." },
        requestId: { type: "string", format: "uuid" },
      },
    },
  },
};

/** The successful answer of an operation. */
export const success = (description: string, schemaName: string, example: unknown) => ({
  description,
  headers: limitHeaders,
  content: {
    "application/json": { schema: { $ref: `#/components/schemas/${schemaName}` }, example },
  },
});

function refusal(status: number, reasons: readonly ErrorReason[]) {
  const waits = status === 429 || status === 503;
  const first = new AppError(reasons[0] ?? "internal", statusTitles[status] ?? "");
  const { code, reason, message } = first;
  const requestId = "0193a5c2-7b1e-7c3d-9a52-4f6f3d0e8b11";
  return {
    description: `${statusTitles[status]} Reasons: ${reasons.join(", ")}.`,
    headers: { ...limitHeaders, ...(waits ? { "Retry-After": header("RetryAfter") } : {}) },
    content: {
      "application/json": {
        schema: { $ref: "#/components/schemas/Error" },
        example: { error: { code, reason, message, requestId } },
      },
    },
  };
}

/** The refusals of an operation by their HTTP status. */
export function refusals(reasons: readonly ErrorReason[]): Record<string, object> {
  const byStatus = new Map<number, ErrorReason[]>();
  for (const reason of reasons) {
    const status = getHTTPStatusCodeFromError(new AppError(reason, ""));
    byStatus.set(status, [...(byStatus.get(status) ?? []), reason]);
  }
  return Object.fromEntries(
    [...byStatus]
      .sort(([a], [b]) => a - b)
      .map(([status, group]) => [String(status), refusal(status, group)]),
  );
}
