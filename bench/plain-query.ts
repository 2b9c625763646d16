/** The yardstick of a signed-in query: plain `node:http` with one indexed, prepared SELECT and nothing else. */
import { createServer } from "node:http";
import { connect, parseConnectionUrl } from "@muniment/db/connection.ts";

const sql = connect(parseConnectionUrl(process.env.DATABASE_URL ?? ""), {
  max: 16,
  applicationName: "plain",
});
const server = createServer(async (request, response) => {
  const userId = request.headers["x-user"] as string;
  const rows = await sql`
    select * from sessions where user_id = ${userId} order by created_at desc, public_id desc limit 51`;
  const body = JSON.stringify({ items: rows, nextCursor: null });
  response.writeHead(200, {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(body),
  });
  response.end(body);
});
server.listen(Number(process.env.PORT), "127.0.0.1", () => console.log("ready"));
