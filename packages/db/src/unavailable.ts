const connectionCodes = new Set([
  "CONNECTION_CLOSED",
  "CONNECTION_ENDED",
  "CONNECTION_DESTROYED",
  "CONNECT_TIMEOUT",
  "ECONNABORTED",
  "ECONNREFUSED",
  "ECONNRESET",
  "EHOSTDOWN",
  "EHOSTUNREACH",
  "ENOENT",
  "ENOTFOUND",
  "EAI_AGAIN",
  "ENETDOWN",
  "ENETUNREACH",
  "EPIPE",
  // No TLS where it was asked for
  "EPROTO",
  "ETIMEDOUT",
  // PostgreSQL, appendix A: shutdown, crash, starting up, out of connections
  "57P01",
  "57P02",
  "57P03",
  "53300",
]);

/** Codes of Node.js and OpenSSL for a certificate that does not prove who the server is. */
const untrustedCodes = /^(ERR_TLS_CERT|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_)/;

/** An error and its causes: others wrap the driver's error and give it a code of their own. */
function chainOf(error: unknown): Error[] {
  const chain: Error[] = [];
  for (let at = error; at instanceof Error && chain.length < 5; at = at.cause) chain.push(at);
  return chain;
}

/** The codes of an error and its causes. */
export const codesOf = (error: unknown): string[] =>
  chainOf(error).flatMap((at) => ("code" in at && typeof at.code === "string" ? [at.code] : []));

/** Whether who answers at the address of the database does not prove to be it. */
export const isDatabaseUntrusted = (error: unknown): boolean =>
  codesOf(error).some((code) => untrustedCodes.test(code));

const isOfConnection = (code: string) =>
  connectionCodes.has(code) || /^(08|ERR_SSL_)/.test(code) || untrustedCodes.test(code);

/**
 * Whether a statement was planned before a column it gives changed its type: its connection keeps that
 * plan, and the driver sends the statement again, behind what follows it.
 */
export const isPlanOutdated = (error: unknown): boolean =>
  chainOf(error).some((at) => "routine" in at && at.routine === "RevalidateCachedQuery");

/** Whether an error of a statement means that its connection is of no more use, and another may be. */
export const isDatabaseUnavailable = (error: unknown): boolean =>
  codesOf(error).some(isOfConnection) || isPlanOutdated(error);

/** Whether a statement, or the writing of a file, failed for want of space. */
export const isDiskFull = (error: unknown) =>
  codesOf(error).some((code) => code === "53100" || code === "ENOSPC");

/** Whether a statement was ended by its time-out. */
export const isStatementTimeout = (error: unknown) => codesOf(error).includes("57014");

/** Whether too many were waiting for a connection already, or one did not come free in time. */
export const isPoolBusy = (error: unknown) => codesOf(error).includes("POOL_BUSY");

/** Whether a statement broke a unique constraint. */
export const isUniqueViolation = (error: unknown) => codesOf(error).includes("23505");
