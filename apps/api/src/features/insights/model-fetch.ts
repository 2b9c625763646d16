import type { Egress } from "../../egress/egress.ts";

type Bounds = { timeoutMilliseconds: number; maxBodyBytes: number };

/**
 * `fetch` as the AI SDK calls it, by the one way out: no address but what that allows, no redirect, and
 * an answer within its bounds.
 */
export function modelFetch(egress: Egress, signal: AbortSignal, bounds: Bounds): typeof fetch {
  return async (input, init) => {
    const { status, headers, body } = await egress.open(
      {
        ...bounds,
        url: String(input),
        method: "POST",
        headers: Object.fromEntries(new Headers(init?.headers)),
        body: String(init?.body),
      },
      signal,
    );
    const stream = new ReadableStream<Uint8Array>({
      async pull(controller) {
        const { value, done } = await body.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      async cancel() {
        await body.return(undefined);
      },
    });
    // A Response takes no other status; what is none of these is an error all the same.
    const known = status >= 200 && status <= 599 && ![204, 205, 304].includes(status);
    return new Response(stream, { status: known ? status : 502, headers });
  };
}
