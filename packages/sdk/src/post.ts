import { type Answer, judge } from "./answer.ts";

export type Target = {
  /** Where Muniment runs; its path, if any, ends in `/`. */
  url: URL;
  key: string;
  fetch?: typeof globalThis.fetch | undefined;
  /** Lets a page's last calls outlive it; browsers allow 64 KiB of them. */
  keepalive?: boolean | undefined;
  timeoutMilliseconds?: number | undefined;
  /** Breaks a call off. */
  abort?: AbortSignal | undefined;
};

/** Sends one batch once. A call that broke off is one to retry: its ids make that harmless. */
export async function post(target: Target, batch: readonly { json: string }[]): Promise<Answer> {
  const { url, key, fetch = globalThis.fetch, keepalive, timeoutMilliseconds = 30_000 } = target;
  // By hand: Node.js 20 may collect a signal of AbortSignal.any before it fires.
  const ending = new AbortController();
  const end = () => ending.abort();
  const timer = setTimeout(
    () => ending.abort(new DOMException("timed out", "TimeoutError")),
    timeoutMilliseconds,
  );
  target.abort?.addEventListener("abort", end);
  try {
    const response = await fetch(new URL("api/v1/events", url), {
      method: "POST",
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
      body: `{"events":[${batch.map(({ json }) => json).join(",")}]}`,
      // Followed, a redirected call would turn into a GET, or carry the key elsewhere.
      redirect: "manual",
      // A cookie beside the key would be two credentials.
      credentials: "omit",
      signal: ending.signal,
      ...(keepalive ? { keepalive } : {}),
    });
    return judge(response, await response.text(), batch.length);
  } catch (error) {
    return { kind: "retry", why: `No answer from ${url.origin} (${causeOf(error)}).` };
  } finally {
    clearTimeout(timer);
    target.abort?.removeEventListener("abort", end);
  }
}

function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === "TimeoutError") return "timed out";
  const { cause } = error;
  if (cause instanceof Error && "code" in cause) return String(cause.code);
  return cause instanceof Error ? cause.message : error.message;
}
