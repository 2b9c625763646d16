import { createServer } from "node:http";

export type Received = { headers: Record<string, string>; body: string; at: number };

/** A real receiver of webhooks that keeps what it gets, and answers as it is told to. */
export async function startReceiver() {
  const received: Received[] = [];
  const answer = {
    status: 200,
    body: "thanks",
    headers: {} as Record<string, string>,
    hang: false,
    /** The status and body that depend on what was received. */
    of: undefined as ((body: string) => { status: number; body: string }) | undefined,
  };
  const server = createServer(async (request, response) => {
    const at = Date.now();
    let body = "";
    for await (const chunk of request) body += chunk;
    received.push({ headers: request.headers as Record<string, string>, body, at });
    const made = answer.of?.(body) ?? answer;
    if (!answer.hang) response.writeHead(made.status, answer.headers).end(made.body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return {
    url: `http://127.0.0.1:${address.port}/hook`,
    port: address.port,
    received,
    answer,
    stop: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
