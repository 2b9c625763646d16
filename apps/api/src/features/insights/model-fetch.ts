import type { Egress, EgressStream } from "../../egress/egress.ts";

type Bounds = { timeoutMilliseconds: number; maxBodyBytes: number };
type Whole = { choices: { message: unknown; finish_reason?: string | null }[] };

/** What an endpoint that cannot stream answered, as one that can would: in one piece. */
async function* inOnePiece(body: EgressStream["body"]): AsyncGenerator<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for await (const piece of body) pieces.push(piece);
  // What of it is wrong is found where the stream is read.
  const whole = JSON.parse(Buffer.concat(pieces).toString()) as Whole;
  const choices = whole.choices.map(({ message, ...choice }) => ({
    ...choice,
    delta: message,
    finish_reason: choice.finish_reason ?? "stop",
  }));
  yield Buffer.from(`data: ${JSON.stringify({ ...whole, choices })}\n\ndata: [DONE]\n\n`);
}

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
    const isWhole = status === 200 && /^application\/json\b/i.test(headers["content-type"] ?? "");
    const streamed = isWhole ? inOnePiece(body) : body;
    const stream = new ReadableStream<Uint8Array>({
      async pull(controller) {
        const { value, done } = await streamed.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      async cancel() {
        await streamed.return(undefined);
      },
    });
    // A Response takes no other status; what is none of these is an error all the same.
    const known = status >= 200 && status <= 599 && ![204, 205, 304].includes(status);
    return new Response(stream, { status: known ? status : 502, headers });
  };
}
