import { type Answer, judge } from "./answer.ts";
import type { Batch } from "./batches.ts";

export type Target = { url: URL; key: string };

/** Sends one batch once. A call that broke off is one to retry: its ids make that harmless. */
export async function post(target: Target, batch: Batch, timeoutMs = 30_000): Promise<Answer> {
  try {
    const response = await fetch(new URL("api/v1/events", target.url), {
      method: "POST",
      headers: { authorization: `Bearer ${target.key}`, "content-type": "application/json" },
      body: `{"events":[${batch.map(({ json }) => json).join(",")}]}`,
      // Followed, a redirected call would turn into a GET, or carry the key elsewhere.
      redirect: "manual",
      signal: AbortSignal.timeout(timeoutMs),
    });
    return judge(response, await response.text(), batch.length);
  } catch (error) {
    return { kind: "retry", why: `No answer from ${target.url.origin} (${causeOf(error)}).` };
  }
}

function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === "TimeoutError") return "timed out";
  const { cause } = error;
  if (cause instanceof Error && "code" in cause) return String(cause.code);
  return cause instanceof Error ? cause.message : error.message;
}
