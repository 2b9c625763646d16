import { type AskedSearch, type AskMessage, askMessage } from "@muniment/shared/insights.ts";
import { UnexpectedAnswerError } from "../../errors.ts";

export type Asked = { question: string; search?: AskedSearch };

/** A refusal as `problemOf` reads it. */
class AskError extends Error {
  readonly data: unknown;

  constructor(shape: { message?: unknown; data?: unknown }) {
    super(String(shape.message ?? ""));
    this.data = shape.data;
  }
}

const lineOf = (block: string, field: string) =>
  new RegExp(`^${field}: (.*)$`, "m").exec(block)?.[1];

/** One server-sent event; null where it tells nothing of the answer. @throws what the server refused with */
export function readBlock(block: string): AskMessage | null {
  const event = lineOf(block, "event");
  const data = lineOf(block, "data") ?? "";
  if (event === "serialized-error") throw new AskError(JSON.parse(data));
  if (event !== undefined || data === "") return null;
  const message = askMessage.safeParse(JSON.parse(data));
  if (!message.success) throw new UnexpectedAnswerError(message.error.message);
  return message.data;
}

/**
 * Asks, and answers the messages as they come. By `fetch`, not by an EventSource: that one would ask,
 * and pay, again after every disconnect, and hides why it was refused.
 */
export async function* askStream(asked: Asked, signal: AbortSignal): AsyncGenerator<AskMessage> {
  const input = encodeURIComponent(JSON.stringify(asked));
  const response = await fetch(`/trpc/insights.ask?input=${input}`, { signal });
  if (!response.ok) {
    const { error } = (await response.json()) as { error: object };
    throw new AskError(error);
  }
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  if (!reader) throw new UnexpectedAnswerError("insights.ask answered no stream");
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const blocks = (rest + value).split("\n\n");
    rest = blocks.pop() ?? "";
    for (const block of blocks) {
      const message = readBlock(block);
      if (message) yield message;
    }
  }
}
