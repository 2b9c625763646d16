/** What the server says of a call, reduced to what the sender must do about it. */
export type Answer =
  | { kind: "stored"; accepted: number; duplicates: number; rejected: Rejected[] }
  | { kind: "retry"; why: string; afterMilliseconds?: number }
  /** The call as a whole is not taken; its events may be, in smaller ones. */
  | { kind: "divide"; reason: string; why: string }
  | { kind: "refused"; why: string };

export type Rejected = { index: number; reason: string; message: string };

const retryable = new Set([429, 502, 503, 504]);

/** Judges a whole answer to a batch of `size` events. */
export function judge(response: Response, text: string, size: number): Answer {
  if (response.status === 200) return readReceipt(text, size);
  const { status } = response;
  const { reason, message } = readError(text);
  const why = `${status}${reason && ` ${reason}`}${message ? `: ${message}` : "."}`;
  if (retryable.has(status)) {
    const after = retryAfterMilliseconds(response.headers.get("retry-after"), Date.now());
    return after === undefined
      ? { kind: "retry", why }
      : { kind: "retry", why, afterMilliseconds: after };
  }
  if (status === 413) return { kind: "divide", reason: reason || "too_large", why };
  if (status >= 300 && status < 400) {
    const place = response.headers.get("location") ?? "another address";
    return { kind: "refused", why: `${status}: the server is at ${place}; give that as the url.` };
  }
  return { kind: "refused", why };
}

function readReceipt(text: string, size: number): Answer {
  const value = parse(text);
  if (!isRecord(value) || !isCount(value.accepted) || !isCount(value.duplicates)) return notOurs;
  const rejected = value.rejected;
  if (!Array.isArray(rejected) || !rejected.every((item) => isRejected(item, size))) return notOurs;
  return { kind: "stored", accepted: value.accepted, duplicates: value.duplicates, rejected };
}

const notOurs: Answer = {
  kind: "refused",
  why: "The answer is not one of Muniment's. Does the url name its address?",
};

function isRejected(value: unknown, size: number): value is Rejected {
  if (!isRecord(value) || !isCount(value.index) || value.index >= size) return false;
  return typeof value.reason === "string" && typeof value.message === "string";
}

function readError(text: string): { reason: string; message: string } {
  const value = parse(text);
  const error = isRecord(value) && isRecord(value.error) ? value.error : {};
  return {
    reason: typeof error.reason === "string" ? error.reason : "",
    message: typeof error.message === "string" ? error.message : "",
  };
}

/** Seconds or an HTTP date (RFC 9110, section 10.2.3), as milliseconds from now. */
export function retryAfterMilliseconds(header: string | null, now: number): number | undefined {
  if (header === null) return undefined;
  if (/^\d{1,9}$/.test(header.trim())) return Number(header) * 1000;
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}
