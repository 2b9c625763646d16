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

/** The codes of an error and its causes: others wrap the driver's error and give it a code of their own. */
export function codesOf(error: unknown): string[] {
  const codes: string[] = [];
  for (let at = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth += 1) {
    if ("code" in at && typeof at.code === "string") codes.push(at.code);
  }
  return codes;
}

/** Whether an error of a statement means that the database cannot be reached now. */
export const isDatabaseUnavailable = (error: unknown): boolean =>
  codesOf(error).some((code) => connectionCodes.has(code) || code.startsWith("08"));

/** Whether a statement, or the writing of a file, failed for want of space. */
export const isDiskFull = (error: unknown) =>
  codesOf(error).some((code) => code === "53100" || code === "ENOSPC");

/** Whether a statement was ended by its time-out. */
export const isStatementTimeout = (error: unknown) => codesOf(error).includes("57014");

/** Whether a statement broke a unique constraint. */
export const isUniqueViolation = (error: unknown) => codesOf(error).includes("23505");
