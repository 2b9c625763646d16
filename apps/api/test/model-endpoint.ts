import { createServer, type IncomingMessage, type ServerResponse } from "node:http";

/** One reply of the endpoint: text to stream, or whatever else it does with the request. */
export type Reply = string | ((response: ServerResponse, request: IncomingMessage) => void);

type Asked = { url: string; headers: Record<string, string>; text: string; body: Body };
type Body = {
  model: string;
  max_tokens: number;
  tools?: unknown;
  messages: { content: unknown }[];
};

const chunk = (delta: object, finish: string | null = null) =>
  `data: ${JSON.stringify({ id: "1", object: "chat.completion.chunk", created: 1, model: "m", choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;

/** The text as an OpenAI-compatible endpoint streams it, in pieces. */
export function streamText(response: ServerResponse, text: string): void {
  response.writeHead(200, { "content-type": "text/event-stream" });
  for (let from = 0; from < text.length; from += 7) {
    response.write(chunk({ content: text.slice(from, from + 7) }));
  }
  response.end(`${chunk({}, "stop")}data: [DONE]\n\n`);
}

/** The text as an endpoint answers that cannot stream, whatever it is asked. */
export function wholeText(response: ServerResponse, text: string, finish: unknown): void {
  const message = { role: "assistant", content: text };
  response.writeHead(200, { "content-type": "application/json; charset=utf-8" });
  response.end(JSON.stringify({ choices: [{ index: 0, message, finish_reason: finish }] }));
}

export const callOfATool = (response: ServerResponse) => {
  response.writeHead(200, { "content-type": "text/event-stream" });
  const call = { name: "delete_agent", arguments: '{"id":"all"}' };
  response.write(chunk({ tool_calls: [{ index: 0, id: "c", type: "function", function: call }] }));
  response.end(`${chunk({}, "tool_calls")}data: [DONE]\n\n`);
};

/** An OpenAI-compatible endpoint that replies in turn as it is told, and keeps what it was asked. */
export async function startModelEndpoint() {
  const asked: Asked[] = [];
  const replies: Reply[] = [];
  let closed = 0;
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const piece of request) body += piece;
    asked.push({
      url: request.url ?? "",
      headers: request.headers as Record<string, string>,
      text: body,
      body: JSON.parse(body),
    });
    response.on("close", () => {
      closed += 1;
    });
    const reply = replies.shift() ?? "I have nothing to say.";
    if (typeof reply === "string") streamText(response, reply);
    else reply(response, request);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return {
    port: address.port,
    asked,
    replies,
    /** Connections whose answer has ended, one way or the other. */
    closed: () => closed,
    stop: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
