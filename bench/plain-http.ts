/** The yardstick of a query without a database: plain `node:http` and a small JSON. */
import { createServer } from "node:http";

const server = createServer((_request, response) => {
  const body = JSON.stringify({ id: 1, email: "bench@example.org", displayName: "Bench" });
  response.writeHead(200, {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(body),
  });
  response.end(body);
});
server.listen(Number(process.env.PORT), "127.0.0.1", () => console.log("ready"));
