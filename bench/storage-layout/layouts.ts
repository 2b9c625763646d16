/** One way of storing events: its tables, and the statement that stores one JSON array of them. */
export interface Layout {
  name: string;
  /** Which clock the partitions of `events` follow. */
  axis: "id" | "occurred_at" | "none";
  ddl: string;
  /** `$1` is the JSON array; answers one row per stored event. */
  ingest: string;
  /** Ids live in a table of their own, itself partitioned by id or not at all. */
  ids?: "plain" | "hash" | "range";
}

const columns = `user_id uuid NOT NULL, id uuid NOT NULL, agent_id uuid NOT NULL,
  api_key_id uuid NOT NULL, batch_id uuid NOT NULL, type text COLLATE "C" NOT NULL,
  level smallint NOT NULL, message text, subject text, trace_id text, seq bigint, props jsonb,
  occurred_at timestamptz(3) NOT NULL, received_at timestamptz(3) NOT NULL`;
const names = `user_id, id, agent_id, api_key_id, batch_id, type, level, message, subject,
  trace_id, seq, props, occurred_at, received_at`;
// Sorted, so that two statements that share ids wait for each other in one order and never deadlock.
const sent = `SELECT DISTINCT ON (user_id, id) * FROM json_to_recordset($1::text::json) AS r(ord int,
  user_id uuid, id uuid, agent_id uuid, api_key_id uuid, batch_id uuid, type text, level smallint,
  message text, subject text, trace_id text, seq bigint, props jsonb, occurred_at timestamptz(3),
  received_at timestamptz(3), digest text) ORDER BY user_id, id, ord`;

const byTime = "(user_id, occurred_at DESC, id DESC)";
const oneTable = (indexes: string, partition: string, extra = "") => `
  CREATE TABLE events (${columns}, digest bytea NOT NULL${extra}, PRIMARY KEY (user_id, id)) ${partition};
  CREATE INDEX ON events ${byTime}; ${indexes}`;
const insertOne = `WITH sent AS (${sent})
  INSERT INTO events (${names}, digest) SELECT ${names}, decode(digest, 'hex') FROM sent
  ON CONFLICT DO NOTHING RETURNING user_id, id`;

const idTable = (partition: string) => `CREATE TABLE event_ids (user_id uuid NOT NULL,
  id uuid NOT NULL, occurred_at timestamptz(3) NOT NULL, digest bytea NOT NULL,
  PRIMARY KEY (user_id, id)) ${partition};`;
const twoTables = (ids: string, rest = "", extra = "") => `
  CREATE TABLE events (${columns}${extra}, PRIMARY KEY (user_id, occurred_at, id))
    PARTITION BY RANGE (occurred_at); ${idTable(ids)} ${rest}`;
const claim = `sent AS MATERIALIZED (${sent}), claimed AS (
  INSERT INTO event_ids (user_id, id, occurred_at, digest)
  SELECT user_id, id, occurred_at, decode(digest, 'hex') FROM sent
  ON CONFLICT DO NOTHING RETURNING user_id, id)`;
const store = `INSERT INTO events (${names})
  SELECT ${names} FROM sent JOIN claimed USING (user_id, id)`;
const insertTwo = `WITH ${claim}, stored AS (${store}) SELECT user_id, id FROM claimed`;
const insertReceipts = `WITH ${claim}, stored AS (${store}), receipts AS (
  INSERT INTO receipts (batch_id, user_id, ids, times)
  SELECT batch_id, user_id, array_agg(id ORDER BY ord), array_agg(occurred_at ORDER BY ord)
  FROM sent JOIN claimed USING (user_id, id) GROUP BY batch_id, user_id)
  SELECT user_id, id FROM claimed`;

const position = `, commit_xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
  ingest_seq bigint NOT NULL GENERATED ALWAYS AS IDENTITY`;
const hashes = Array.from(
  { length: 8 },
  (_, i) =>
    `CREATE TABLE event_ids_${i} PARTITION OF event_ids FOR VALUES WITH (MODULUS 8, REMAINDER ${i});`,
).join("\n");
const tailIndex = "CREATE INDEX ON events (user_id, commit_xid, ingest_seq);";
const receipts = `CREATE TABLE receipts (batch_id uuid PRIMARY KEY, user_id uuid NOT NULL,
  commit_xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
  position bigint NOT NULL GENERATED ALWAYS AS IDENTITY, ids uuid[] NOT NULL,
  times timestamptz(3)[] NOT NULL);
  CREATE INDEX ON receipts (user_id, commit_xid, position);`;
const typeIndex = "CREATE INDEX ON events (user_id, type, occurred_at DESC, id DESC);";
const two = { axis: "occurred_at", ids: "plain", ingest: insertTwo } as const;

export const layouts: Layout[] = [
  { name: "ref", axis: "none", ddl: oneTable(typeIndex, ""), ingest: insertOne },
  { name: "a", axis: "id", ddl: oneTable("", "PARTITION BY RANGE (id)"), ingest: insertOne },
  {
    name: "a_tail_index",
    axis: "id",
    ddl: oneTable(tailIndex, "PARTITION BY RANGE (id)", position),
    ingest: insertOne,
  },
  { name: "b", ...two, ddl: twoTables("") },
  { name: "b_hash", ...two, ids: "hash", ddl: twoTables("PARTITION BY HASH (user_id)", hashes) },
  { name: "b_range", ...two, ids: "range", ddl: twoTables("PARTITION BY RANGE (id)") },
  { name: "b_tail_index", ...two, ddl: twoTables("", tailIndex, position) },
  { name: "b_receipts", ...two, ddl: twoTables("", receipts), ingest: insertReceipts },
  { name: "b_type_index", ...two, ddl: twoTables("", typeIndex) },
];

/** The first UUIDv7 of a millisecond. */
export function firstId(at: Date): string {
  const time = at.getTime().toString(16).padStart(12, "0");
  return `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-000000000000`;
}

/** One monthly partition, `offset` months from the current one, of every table that has them. */
export function monthDdl(layout: Layout, offset: number): string {
  const now = new Date();
  const edge = (n: number) => new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + n));
  const [from, to] = [edge(offset), edge(offset + 1)];
  const month = from.toISOString().slice(0, 7).replace("-", "_");
  const part = (table: string, axis: "id" | "occurred_at") => {
    const [low, high] =
      axis === "id" ? [firstId(from), firstId(to)] : [from.toISOString(), to.toISOString()];
    return `CREATE TABLE ${table}_${month} PARTITION OF ${table} FOR VALUES FROM ('${low}') TO ('${high}');`;
  };
  const events = layout.axis === "none" ? "" : part("events", layout.axis);
  return events + (layout.ids === "range" ? part("event_ids", "id") : "");
}
