import { connect } from "node:net";
import type { Event } from "@muniment/shared/events.ts";
import type { TestServer } from "./harness.ts";

type Kind = "position" | "event" | "skipped";

export type TailMessage = { id: string; kind: Kind; event?: Event; count?: number | null };

/** One connection of `events.tail`, read as server-sent events. */
export async function listen(
  server: Pick<TestServer, "fetch">,
  headers: Record<string, string>,
  input: object = {},
  lastEventId?: string,
) {
  const ending = new AbortController();
  const query = `input=${encodeURIComponent(JSON.stringify(input))}`;
  const response = await server.fetch(`/trpc/events.tail?${query}`, {
    headers: { ...headers, ...(lastEventId ? { "last-event-id": lastEventId } : {}) },
    signal: ending.signal,
  });
  const messages: TailMessage[] = [];
  const waiting = new Set<() => void>();
  const done = (async () => {
    if (response.status !== 200 || !response.body) return;
    let text = "";
    const decoder = new TextDecoder();
    for await (const bytes of response.body) {
      text += decoder.decode(bytes, { stream: true });
      const blocks = text.split("\n\n");
      text = blocks.pop() ?? "";
      for (const block of blocks) {
        const field = (name: string) =>
          block
            .split("\n")
            .find((line) => line.startsWith(`${name}: `))
            ?.slice(name.length + 2);
        const id = field("id");
        if (field("event") === "serialized-error") throw new Error(field("data"));
        if (id) messages.push({ id, ...JSON.parse(field("data") ?? "") });
      }
      for (const resolve of waiting) resolve();
    }
  })().catch((error: unknown) => {
    if (!ending.signal.aborted) throw error;
  });
  return {
    status: response.status,
    response,
    messages,
    events: () => messages.flatMap(({ event }) => (event ? [event] : [])),
    /** Resolves when that many messages of the kind have come; rejects after a minute. */
    async until(count: number, kind: Kind = "event"): Promise<void> {
      const end = Date.now() + 60_000;
      while (messages.filter((one) => one.kind === kind).length < count) {
        if (Date.now() > end) throw new Error(`only ${messages.length} of ${count} messages came`);
        await new Promise<void>((resolve) => {
          waiting.add(resolve);
          setTimeout(resolve, 100);
        });
      }
    },
    async close(): Promise<void> {
      ending.abort();
      await done;
    },
    done,
  };
}

export const bearer = (key: string) => ({ authorization: `Bearer ${key}` });

/** A connection of `events.tail` that can be left unread; `text` is all that came. */
export async function listenRaw(server: Pick<TestServer, "url">, headers: Record<string, string>) {
  const { hostname, port } = new URL(server.url);
  const socket = connect(Number(port), hostname);
  const read = { text: "", more: () => {} };
  socket.setEncoding("utf8").on("data", (part) => {
    read.text += part;
    read.more();
  });
  const lines = Object.entries({ host: hostname, ...headers }).map(
    ([name, it]) => `${name}: ${it}`,
  );
  socket.write(`GET /trpc/events.tail HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n`);
  return {
    socket,
    get text() {
      return read.text;
    },
    /** Resolves when what came last has what is looked for; rejects after a minute. */
    async until(wanted: RegExp): Promise<void> {
      const end = Date.now() + 60_000;
      while (!wanted.test(read.text.slice(-10_000))) {
        if (Date.now() > end) throw new Error(`${wanted} did not come`);
        await new Promise<void>((resolve) => {
          read.more = resolve;
          setTimeout(resolve, 100);
        });
      }
    },
  };
}
