/** One message of a stream of server-sent events (HTML Living Standard, section 9.2). */
export type StreamMessage = { event: string; data: string; id: string | undefined };

const longestMessage = 4_194_304;

function parseBlock(block: string): StreamMessage {
  const message: StreamMessage = { event: "message", data: "", id: undefined };
  const data: string[] = [];
  for (const line of block.split("\n")) {
    const colon = line.indexOf(":");
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (name === "data") data.push(value);
    else if (name === "event") message.event = value;
    else if (name === "id") message.id = value;
  }
  message.data = data.join("\n");
  return message;
}

/**
 * The messages of an answer's body as they come.
 * @throws Error when one is larger than any of the server's, or nothing comes for `silentMs`
 */
export async function* readMessages(
  body: AsyncIterable<Uint8Array>,
  silentMs: number,
): AsyncGenerator<StreamMessage> {
  const decoder = new TextDecoder();
  const chunks = body[Symbol.asyncIterator]();
  let text = "";
  for (;;) {
    const next = await inTime(chunks.next(), silentMs);
    if (next.done) return;
    text += decoder.decode(next.value, { stream: true });
    const blocks = text.replaceAll("\r\n", "\n").split("\n\n");
    text = blocks.pop() ?? "";
    if (text.length > longestMessage) throw new Error("a message without end");
    for (const block of blocks) yield parseBlock(block);
  }
}

async function inTime<T>(coming: Promise<T>, milliseconds: number): Promise<T> {
  // Its failure after the time is nobody's.
  coming.catch(() => {});
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error("silent for too long")), milliseconds);
  });
  try {
    return await Promise.race([coming, late]);
  } finally {
    clearTimeout(timer);
  }
}
