/** The yardstick of ingest: plain `node:http` and one insert per batch into a table with a primary key and two b-trees. */
import { createServer } from "node:http";
import { connect, parseConnectionUrl } from "@muniment/db/connection.ts";

const facts = parseConnectionUrl(process.env.DATABASE_URL ?? "");
const sql = connect(facts, { max: 8, applicationName: "plain" });
await sql`
  create table if not exists plain_events (
    user_id uuid not null, id uuid not null, type text not null, level text, message text,
    subject text, props jsonb, occurred_at timestamptz(3) not null, primary key (user_id, id))`;
await sql`create index if not exists plain_time on plain_events (user_id, occurred_at desc, id desc)`;
await sql`create index if not exists plain_type on plain_events (user_id, type, occurred_at desc)`;

const userId = "01890000-0000-7000-8000-000000000001";

async function readBody(request: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}

const server = createServer(async (request, response) => {
  const { events } = JSON.parse(await readBody(request)) as { events: unknown[] };
  await sql`
    insert into plain_events (user_id, id, type, level, message, subject, props, occurred_at)
    select ${userId}::uuid, id, type, level, message, subject, props, "occurredAt"
    from json_to_recordset(${JSON.stringify(events)}::text::json) as e (id uuid, type text, level text,
      message text, subject text, props jsonb, "occurredAt" timestamptz(3))`;
  const body = JSON.stringify({ accepted: events.length });
  response.writeHead(200, {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(body),
  });
  response.end(body);
});
server.listen(Number(process.env.PORT), "127.0.0.1", () => console.log("ready"));
