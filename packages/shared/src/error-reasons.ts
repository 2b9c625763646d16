/** Stable machine-readable reasons of every refusal; `data.reason` of an error. Clients switch on these, never on messages. */
export const errorReasons = [
  // malformed input
  "invalid_input",
  "invalid_json",
  "unknown_procedure",
  "method_not_supported",
  "unsupported_content_type",
  "body_too_large",
  "batch_too_large",
  "invalid_cursor",
  "invalid_range",
  "invalid_query",
  "multiple_credentials",
  // who and whether
  "not_signed_in",
  "invalid_credentials",
  "mfa_required",
  "invalid_api_key",
  "invalid_access_token",
  "account_disabled",
  "not_permitted",
  "missing_scope",
  "address_not_allowed",
  "event_type_not_allowed",
  "origin_not_allowed",
  "reauthentication_required",
  "sign_up_closed",
  "invalid_token",
  "last_admin",
  "own_account",
  // state
  "not_found",
  "already_exists",
  "already_revoked",
  "user_disabled",
  "too_many",
  "weak_password",
  // limits and trouble
  "rate_limited",
  "overloaded",
  "database_unavailable",
  "timed_out",
  "internal",
] as const;

export type ErrorReason = (typeof errorReasons)[number];
