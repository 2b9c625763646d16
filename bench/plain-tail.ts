/** The yardstick of the tail: plain `node:http`, each event serialised once and written to every client, nothing stored. */
import { createServer, type ServerResponse } from "node:http";

const clients = new Set<ServerResponse>();
let position = 0;

const server = createServer(async (request, response) => {
  if (request.method === "GET") {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(": connected\n\n");
    clients.add(response);
    response.on("close", () => clients.delete(response));
    return;
  }
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const { events } = JSON.parse(Buffer.concat(chunks).toString("utf8")) as { events: unknown[] };
  for (const event of events) {
    position += 1;
    const frame = Buffer.from(`data: ${JSON.stringify(event)}\nid: ${position}\n\n`);
    for (const client of clients) client.write(frame);
  }
  const body = JSON.stringify({ accepted: events.length });
  response.writeHead(200, { "content-length": Buffer.byteLength(body) });
  response.end(body);
});
server.listen(Number(process.env.PORT), "127.0.0.1", () => console.log("ready"));
