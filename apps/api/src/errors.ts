import {
  isDatabaseUnavailable,
  isDiskFull,
  isPoolBusy,
  isStatementTimeout,
} from "@muniment/db/unavailable.ts";
import type { ErrorReason } from "@muniment/shared/error-reasons.ts";
import { TRPCError } from "@trpc/server";
import { ZodError } from "zod";

type ErrorCode = TRPCError["code"];

/** The tRPC code, and so the HTTP status, of every reason. A new reason without one fails to compile. */
const codes = {
  invalid_input: "BAD_REQUEST",
  invalid_json: "BAD_REQUEST",
  unknown_procedure: "NOT_FOUND",
  method_not_supported: "METHOD_NOT_SUPPORTED",
  unsupported_content_type: "UNSUPPORTED_MEDIA_TYPE",
  body_too_large: "PAYLOAD_TOO_LARGE",
  batch_too_large: "BAD_REQUEST",
  invalid_cursor: "BAD_REQUEST",
  invalid_range: "BAD_REQUEST",
  invalid_query: "BAD_REQUEST",
  too_many_events: "BAD_REQUEST",
  multiple_credentials: "BAD_REQUEST",
  url_not_allowed: "BAD_REQUEST",
  bucket_unsuitable: "UNPROCESSABLE_CONTENT",
  upload_malformed: "BAD_REQUEST",
  file_type_not_allowed: "UNSUPPORTED_MEDIA_TYPE",
  file_refused: "UNPROCESSABLE_CONTENT",
  malware_found: "UNPROCESSABLE_CONTENT",
  not_signed_in: "UNAUTHORIZED",
  invalid_credentials: "UNAUTHORIZED",
  mfa_required: "UNAUTHORIZED",
  invalid_api_key: "UNAUTHORIZED",
  invalid_access_token: "UNAUTHORIZED",
  account_disabled: "UNAUTHORIZED",
  not_permitted: "FORBIDDEN",
  missing_scope: "FORBIDDEN",
  address_not_allowed: "FORBIDDEN",
  event_type_not_allowed: "FORBIDDEN",
  origin_not_allowed: "FORBIDDEN",
  reauthentication_required: "FORBIDDEN",
  mfa_enrollment_required: "FORBIDDEN",
  sign_up_closed: "FORBIDDEN",
  invalid_token: "UNAUTHORIZED",
  last_admin: "CONFLICT",
  own_account: "CONFLICT",
  last_factor: "CONFLICT",
  password_too_short: "CONFLICT",
  passkeys_unavailable: "CONFLICT",
  mail_unavailable: "CONFLICT",
  not_found: "NOT_FOUND",
  already_exists: "CONFLICT",
  already_revoked: "CONFLICT",
  out_of_date: "CONFLICT",
  user_disabled: "CONFLICT",
  too_many: "CONFLICT",
  upload_quota_reached: "CONFLICT",
  weak_password: "BAD_REQUEST",
  rate_limited: "TOO_MANY_REQUESTS",
  overloaded: "SERVICE_UNAVAILABLE",
  database_unavailable: "SERVICE_UNAVAILABLE",
  disk_full: "SERVICE_UNAVAILABLE",
  scanner_unavailable: "SERVICE_UNAVAILABLE",
  storage_unavailable: "SERVICE_UNAVAILABLE",
  timed_out: "GATEWAY_TIMEOUT",
  model_not_configured: "CONFLICT",
  model_failed: "BAD_GATEWAY",
  internal: "INTERNAL_SERVER_ERROR",
} as const satisfies Record<ErrorReason, ErrorCode>;

const longestMessage = 1000;

/** Every refusal that Muniment chooses to make. `message` is shown to the caller. */
export class AppError extends TRPCError {
  readonly reason: ErrorReason;
  /** Seconds after which a 429 or 503 may be tried again. */
  readonly retryAfterSeconds: number | undefined;

  constructor(
    reason: ErrorReason,
    message: string,
    options: { cause?: unknown; retryAfterSeconds?: number } = {},
  ) {
    super({ code: codes[reason], message: message.slice(0, longestMessage), cause: options.cause });
    this.reason = reason;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}

export const diskFull = (cause?: unknown) =>
  new AppError("disk_full", "The server's disk is full. What was acknowledged is safe.", {
    cause,
    retryAfterSeconds: 5,
  });

function describeIssues(error: ZodError): string {
  const lines = error.issues.slice(0, 5).map((issue) => {
    const path = issue.path.map(String).join(".").slice(0, 100);
    const message = issue.message.slice(0, 150);
    return path === "" ? message : `${path}: ${message}`;
  });
  // Both may hold text of the caller's, and a control character takes six bytes in JSON.
  return lines.join("; ").replaceAll(/\p{C}/gu, "\ufffd");
}

/** What the caller is told of any error: an AppError as it is, everything unknown as a generic one. */
export function toAppError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  const cause = error instanceof TRPCError ? error.cause : undefined;
  if (cause instanceof AppError) return cause;
  if (error instanceof TRPCError && error.code === "BAD_REQUEST" && cause instanceof ZodError) {
    return new AppError("invalid_input", describeIssues(cause), { cause: error });
  }
  if (isDatabaseUnavailable(error)) {
    return new AppError("database_unavailable", "The database cannot be reached. Try again soon.", {
      cause: error,
      retryAfterSeconds: 2,
    });
  }
  if (isPoolBusy(error)) {
    return new AppError("overloaded", "Too many are waiting for the database. Try again soon.", {
      cause: error,
      retryAfterSeconds: 2,
    });
  }
  if (isDiskFull(error)) return diskFull(error);
  if (isStatementTimeout(error)) {
    return new AppError("timed_out", "The query took too long. Narrow it.", { cause: error });
  }
  return new AppError("internal", "Something went wrong on the server.", { cause: error });
}

/** Refusals that the audit log records: authentication, permission, limits. */
export const isRefusal = (error: AppError) =>
  error.code === "UNAUTHORIZED" || error.code === "FORBIDDEN" || error.code === "TOO_MANY_REQUESTS";
