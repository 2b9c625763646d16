const connectionCodes = new Set([
  "CONNECTION_CLOSED",
  "CONNECTION_ENDED",
  "CONNECTION_DESTROYED",
  "CONNECT_TIMEOUT",
  "ECONNREFUSED",
  "ECONNRESET",
  "ENOENT",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EPIPE",
  "ETIMEDOUT",
  // PostgreSQL, appendix A: shutdown, crash, starting up, out of connections
  "57P01",
  "57P02",
  "57P03",
  "53300",
]);

function codeOf(error: unknown): string | undefined {
  for (let at = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth += 1) {
    if ("code" in at && typeof at.code === "string") return at.code;
  }
  return undefined;
}

/** Whether an error of a statement means that the database cannot be reached now. */
export function isDatabaseUnavailable(error: unknown): boolean {
  const code = codeOf(error);
  return code !== undefined && (connectionCodes.has(code) || code.startsWith("08"));
}

/** Whether a statement was ended by its time-out. */
export const isStatementTimeout = (error: unknown) => codeOf(error) === "57014";

/** Whether a statement broke a unique constraint. */
export const isUniqueViolation = (error: unknown) => codeOf(error) === "23505";
