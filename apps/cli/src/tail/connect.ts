import { retryAfterMilliseconds } from "@muniment/sdk/answer";
import type { Target } from "@muniment/sdk/delivery";

/** How opening a tail went. */
export type Opened =
  | { kind: "open"; body: AsyncIterable<Uint8Array> }
  | { kind: "retry"; why: string; afterMs: number }
  | { kind: "wrong"; why: string }
  | { kind: "refused"; why: string };

const retryable = new Set([429, 500, 502, 503, 504]);

type Asked = { query: string | undefined; position: string | undefined; signal: AbortSignal };

/** Opens `events.tail` behind a position. */
export async function openTail(target: Target, asked: Asked): Promise<Opened> {
  const url = new URL("trpc/events.tail", target.url);
  const { query, position, signal } = asked;
  url.searchParams.set("input", JSON.stringify(query === undefined ? {} : { query }));
  const headers = { authorization: `Bearer ${target.key}`, accept: "text/event-stream" };
  try {
    const response = await fetch(url, {
      headers: { ...headers, ...(position === undefined ? {} : { "last-event-id": position }) },
      // Followed, a redirected call would carry the key elsewhere.
      redirect: "manual",
      signal,
    });
    if (response.status === 200 && response.body) return { kind: "open", body: response.body };
    return judge(response, await response.text());
  } catch (error) {
    return {
      kind: "retry",
      why: `No answer from ${target.url.origin} (${causeOf(error)}).`,
      afterMs: 0,
    };
  }
}

function judge(response: Response, text: string): Opened {
  const { status, headers } = response;
  const { reason, message } = readError(text);
  if (retryable.has(status)) {
    const afterMs = retryAfterMilliseconds(headers.get("retry-after"), Date.now()) ?? 0;
    return { kind: "retry", why: `${status} ${message}`, afterMs };
  }
  if (reason === "") {
    const why = `${status}: the answer is not one of Muniment's. Does --url name its address?`;
    return { kind: "refused", why };
  }
  return { kind: status === 400 ? "wrong" : "refused", why: `${message} (${reason})` };
}

/** The reason and message of an error in tRPC's form; empty where it is none. */
export function readError(text: string): { reason: string; message: string } {
  try {
    const value = JSON.parse(text) as { error?: unknown };
    const { message, data } = (value.error ?? value) as {
      message?: unknown;
      data?: { reason?: unknown };
    };
    return { reason: String(data?.reason ?? ""), message: String(message ?? "") };
  } catch {
    return { reason: "", message: "" };
  }
}

export function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  if (cause instanceof Error) return "code" in cause ? String(cause.code) : cause.message;
  return error.message;
}
