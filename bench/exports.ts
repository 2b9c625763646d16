import { createHash } from "node:crypto";
import { once } from "node:events";
import { get, type IncomingMessage } from "node:http";
import { connect, parseConnectionUrl } from "../packages/db/src/connection.ts";
import { readTrailer } from "../packages/shared/src/exports.ts";
import { inTurns } from "./in-turns.ts";
import { call } from "./ingest.ts";
import { mostMegabytes, type Part, residentMegabytes } from "./rows.ts";
import type { Bench } from "./servers.ts";

/** A connection of the owner of the bench's database. */
export const ownerOf = ({ databaseUrl }: Bench) =>
  connect(parseConnectionUrl(databaseUrl), { max: 1, applicationName: "bench" });

const events = 300_000;
const trailerBytes = 300;
const rowsPerStatement = 250_000;
/** A year in which no other part of the bench has events. */
const first = Date.UTC(2012, 0, 1);

/** The span in which `fillEvents` puts its events. */
export const spanOf = (rows: number) => ({ from: first, to: first + rows });

/** Stores events of about 300 bytes of a user, one every millisecond, as ingest would; tells how many there are. */
export async function fillEvents(
  bench: Bench,
  user: { cookie: string; userId: string },
  rows: number,
  tell = (_stored: number) => {},
) {
  const agent = await call(bench, user.cookie, "agents.create", { name: `export of ${rows}` });
  const sql = ownerOf(bench);
  await sql`select ensure_event_partition(${new Date(first)}::timestamptz)`;
  for (let from = 0; from < rows; from += rowsPerStatement) {
    const to = Math.min(from + rowsPerStatement, rows) - 1;
    await sql`
      insert into events (user_id, id, agent_id, api_key_id, batch_id, type, level, message, subject, props,
        occurred_at, received_at)
      select ${user.userId}, (lpad(to_hex(${first}::bigint + n), 12, '0') || '7' || substr(hash, 1, 3)
          || '8' || substr(hash, 4, 15))::uuid,
        ${agent.id}, ${agent.id}, ${agent.id}, 'ssh.login.failed', 2,
        'Failed password for invalid user admin from 192.0.2.77 port ' || n % 60000 || ' ssh2',
        'address:192.0.2.' || n % 250,
        jsonb_build_object('user', 'admin', 'address', '192.0.2.77', 'port', n % 60000, 'method', 'password'),
        ${new Date(first)}::timestamptz + n * interval '1 millisecond', now()
      from generate_series(${from}::bigint, ${to}::bigint) n, md5(n::text) hash`;
    tell(to + 1);
  }
  await sql`vacuum (analyze) events`;
  await sql.end();
}

/** Reads an export to its end, which must tell that it is whole; answers how long it took, in milliseconds. */
export async function takeExport(bench: Bench, cookie: string, rows: number, check = false) {
  const { origin } = bench.product;
  const { from, to } = spanOf(rows);
  const range = { from: new Date(from).toISOString(), to: new Date(to).toISOString() };
  const { id } = await call(bench, cookie, "exports.create", { format: "ndjson", ...range });
  const begun = performance.now();
  const request = get(`${origin}/api/v1/exports/${id}`, { headers: { cookie } });
  const [response] = (await once(request, "response")) as [IncomingMessage];
  const hash = createHash("sha256");
  let [last, bytes] = [Buffer.alloc(0), 0];
  response.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    // All but the line that tells of the rest, which is shorter.
    const held = chunk.length < trailerBytes ? Buffer.concat([last, chunk]) : chunk;
    if (check && held === chunk) hash.update(last);
    const sure = Math.max(0, held.length - trailerBytes);
    if (check) hash.update(held.subarray(0, sure));
    last = Buffer.from(held.subarray(sure));
  });
  await once(response, "end");
  const milliseconds = performance.now() - begun;
  const lineAt = last.lastIndexOf("\n", last.length - 2) + 1;
  const trailer = readTrailer(last.subarray(lineAt).toString().trimEnd());
  if (trailer?.rows !== rows) throw new Error(`the export is not whole: ${last}`);
  const digest = hash.update(last.subarray(0, lineAt)).digest("hex");
  if (check && digest !== trailer.sha256) throw new Error("the export was altered");
  return { milliseconds, bytes };
}

/** PostgreSQL's own `COPY` of the same columns of the same rows, thrown away where it lies; rows per second. */
export async function copyRows(bench: Bench, userId: string, rows: number): Promise<number> {
  const sql = ownerOf(bench);
  const { from, to } = spanOf(rows);
  const begun = performance.now();
  const copied = await sql.unsafe(`copy (
    select id, agent_id, type, occurred_at, received_at, level, message, subject, trace_id, seq, props
    from events where user_id = '${userId}' and occurred_at >= '${new Date(from).toISOString()}'
      and occurred_at < '${new Date(to).toISOString()}' order by occurred_at, id
  ) to '/dev/null'`);
  const rate = (rows * 1000) / (performance.now() - begun);
  await sql.end();
  if (copied.count !== rows) throw new Error(`copied ${copied.count} of ${rows}`);
  return rate;
}

/** `GET /api/v1/exports/<id>` as NDJSON over HTTP against `COPY`, which nobody reads, in turns. */
export const exportEvents: Part = async (bench, user) => {
  await fillEvents(bench, user, events);
  const { cookie, userId } = user;
  const before = residentMegabytes(bench.product.pid);
  const most = mostMegabytes(bench.product.pid);
  const rates = await inTurns(
    async () => (events * 1000) / (await takeExport(bench, cookie, events)).milliseconds,
    () => copyRows(bench, userId, events),
  );
  const grown = Math.max(0, mostMegabytes(bench.product.pid) - Math.max(before, most));
  return {
    row: {
      name: "events exported as NDJSON, over HTTP",
      unit: "events/s",
      ...rates,
      note: "PostgreSQL's own `COPY` of the same rows to `/dev/null`; asked for are 60 % or 100,000 events/s",
    },
    note: `During the exports the API process grew by at most **${Math.round(grown)} MB** (target: under 100 MB; longer ones: [soak/EXPORTS.md](soak/EXPORTS.md)).`,
  };
};
