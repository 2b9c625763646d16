import type { ErrorReason } from "@muniment/shared/error-reasons.ts";
import { errorReasons } from "@muniment/shared/error-reasons.ts";

/** What each refusal means to the person in front of the page. A new reason fails to compile until it is here. */
export const reasonSentences = {
  invalid_input: "Some of the values were not accepted.",
  invalid_json: "The server could not read the request. Reload the page and try again.",
  unknown_procedure: "This page is older than the server. Reload it.",
  method_not_supported: "This page is older than the server. Reload it.",
  unsupported_content_type: "The server does not take this kind of content.",
  body_too_large: "That is more than the server takes in one request.",
  batch_too_large: "Too many requests were sent at once. Try again.",
  invalid_cursor: "The list has changed. Reload it from the start.",
  invalid_query: "The query cannot be read.",
  too_many_events: "There are too many events to look at one by one. Choose a shorter time.",
  invalid_range: "The time range does not fit: its start must lie before its end.",
  url_not_allowed: "The server may not send anything to this URL.",
  bucket_unsuitable: "The bucket does not keep checkpoints as it should.",
  upload_malformed: "The file did not arrive whole. Try again.",
  file_type_not_allowed: "Files of this kind are not taken.",
  file_refused: "The file was refused.",
  malware_found: "The virus scanner found something in the file. It was not kept.",
  multiple_credentials: "The request carried two identities. Sign out and in again.",
  not_signed_in: "You are not signed in any more. Sign in and try again.",
  invalid_credentials: "The e-mail address or the password is wrong.",
  invalid_api_key: "The API key is not valid.",
  invalid_access_token: "The access token is not valid any more.",
  account_disabled: "This account is disabled. Ask an administrator.",
  not_permitted: "Your role does not include this.",
  missing_scope: "The API key lacks the scope for this.",
  address_not_allowed: "The API key may not be used from this address.",
  event_type_not_allowed: "The API key may not send events of this type.",
  origin_not_allowed:
    "The server did not accept the address this page was opened from. Use the address it is configured with.",
  reauthentication_required: "This needs your password again. Nothing was changed.",
  mfa_required: "A code of your second factor is needed as well.",
  mfa_enrollment_required: "Your role needs a second factor. Set one up first.",
  sign_up_closed: "New accounts cannot be made here. Ask an administrator.",
  invalid_token: "The link is not valid any more: it was used, has expired, or is incomplete.",
  last_admin: "This is the only active administrator. Make another one first.",
  own_account: "This cannot be done to your own account. Ask another administrator.",
  last_factor: "Your role needs a second factor. Add another one first.",
  password_too_short:
    "Your password is too short to stand alone. Choose one of at least 15 characters first.",
  passkeys_unavailable: "Passkeys cannot be used at the address of this server.",
  mail_unavailable: "No mail server is set, so mails stay on the machine of this server.",
  not_found: "It does not exist, or it is not yours.",
  already_exists: "There is one already.",
  already_revoked: "It has been revoked before.",
  out_of_date: "It has changed since it was shown here. Look at it again.",
  user_disabled: "The account is disabled. Enable it first.",
  upload_quota_reached: "There is no room left for this file. Delete others first.",
  too_many: "There are as many as there can be. Delete one first.",
  weak_password: "This password is too easy to guess. Choose a longer or less common one.",
  rate_limited: "Too many attempts. Wait a little and try again.",
  overloaded: "The server is busy. Try again in a moment.",
  database_unavailable: "The server cannot reach its database. Try again in a moment.",
  disk_full: "The server's disk is full. Nothing new is taken until there is space again.",
  scanner_unavailable:
    "Files cannot be checked for viruses at the moment, so none are taken. Try again later.",
  storage_unavailable: "The store of files cannot be reached. Try again later.",
  timed_out: "The server took too long. Try again.",
  model_not_configured: "No model is configured on this server.",
  model_failed: "The model gave no usable answer.",
  internal: "Something went wrong on the server. Try again; its log says what it was.",
} as const satisfies Record<ErrorReason, string>;

const unreachable = "The server cannot be reached. Check your connection and try again.";
const unexpected = "The server's answer was not in the form this page expects. Reload the page.";

/** An answer that does not have the form of its output schema. */
export class UnexpectedAnswerError extends Error {}

export type Problem = {
  /** Null when no answer of the API was received. */
  reason: ErrorReason | null;
  /** One or two sentences to show. */
  message: string;
  requestId: string | null;
};

/** Sentences that say more than the general ones in one place, by reason. */
export type Overrides = Partial<Record<ErrorReason, string>>;

/** What to tell about anything that was thrown. */
export function problemOf(error: unknown, overrides: Overrides = {}): Problem {
  const requestId = property(property(error, "data"), "requestId");
  const reason = reasonOf(error);
  return {
    reason,
    message: reason ? (overrides[reason] ?? sentence(reason, error)) : transportSentence(error),
    requestId: typeof requestId === "string" ? requestId : null,
  };
}

/** The sentence for a form's `submitError`; null when there is no error. */
export function messageOf(error: unknown, overrides?: Overrides): string | null {
  return error ? problemOf(error, overrides).message : null;
}

export function reasonOf(error: unknown): ErrorReason | null {
  const reason = property(property(error, "data"), "reason");
  return errorReasons.find((known) => known === reason) ?? null;
}

const told: readonly ErrorReason[] = [
  "weak_password",
  "url_not_allowed",
  "bucket_unsuitable",
  "invalid_query",
  "too_many_events",
  "file_type_not_allowed",
  "file_refused",
  "model_failed",
];

function sentence(reason: ErrorReason, error: unknown): string {
  if (reason === "invalid_input" && error instanceof Error) {
    return `${reasonSentences[reason]} ${error.message}`;
  }
  // The server says which words or habits make it weak, what is wrong with a URL, a bucket or a model, where a query goes wrong, and what to narrow.
  const isTold = told.some((one) => one === reason);
  if (isTold && error instanceof Error && error.message) return error.message;
  const seconds = reason === "rate_limited" ? retryAfterSeconds(error) : null;
  return seconds ? `Too many attempts. Try again in ${inWords(seconds)}.` : reasonSentences[reason];
}

function transportSentence(error: unknown): string {
  if (property(error, "cause") instanceof UnexpectedAnswerError) return unexpected;
  return property(error, "name") === "TRPCClientError" ? unreachable : reasonSentences.internal;
}

function retryAfterSeconds(error: unknown): number | null {
  const response = property(property(error, "meta"), "response");
  if (!(response instanceof Response)) return null;
  const seconds = Number(response.headers.get("retry-after"));
  return Number.isFinite(seconds) && seconds > 0 ? seconds : null;
}

function inWords(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)} seconds`;
  if (seconds < 5400) return `${Math.ceil(seconds / 60)} minutes`;
  return `${Math.ceil(seconds / 3600)} hours`;
}

function property(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null
    ? (value as Record<string, unknown>)[key]
    : undefined;
}
