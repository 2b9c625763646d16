import { events } from "@muniment/db/schema/events.ts";
import { eventLevels } from "@muniment/shared/events.ts";
import type { ExportFormat } from "@muniment/shared/exports.ts";
import { type SQL, sql } from "drizzle-orm";

const utc = (column: SQL) =>
  sql`to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
const level = sql`(array[${sql.join(
  eventLevels.map((name) => sql`${name}::text`),
  sql`, `,
)}])[${events.level} + 1]`;
const times = {
  occurredAt: utc(sql`${events.occurredAt}`),
  receivedAt: utc(sql`${events.receivedAt}`),
};

/** A member of an object, left out where there is nothing. */
const member = (name: string, json: SQL) => sql`coalesce(${`,"${name}":`}::text || ${json}, '')`;
const quoted = (text: SQL) => sql`to_json(${text})::text`;

/** An event as a line of JSON, written by PostgreSQL. Ids, types, levels and times need no escapes. */
const ndjson = sql`
  '{"id":"' || ${events.id} || '","agentId":"' || ${events.agentId} || '","type":"' || ${events.type}
  || '","occurredAt":"' || ${times.occurredAt} || '","receivedAt":"' || ${times.receivedAt}
  || '","level":"' || ${level} || '"'
  || ${member("message", quoted(sql`${events.message}`))}
  || ${member("subject", quoted(sql`${events.subject}`))}
  || ${member("traceId", quoted(sql`${events.traceId}`))}
  || ${member("seq", sql`${events.seq}::text`)}
  || ${member("props", sql`${events.props}::text`)} || '}'`;

/**
 * A cell of CSV (RFC 4180). What a spreadsheet would take for a formula gets an apostrophe, as does
 * what already begins with one before it, so that the apostrophe can be told apart.
 */
const cell = (text: SQL) => sql`
  '"' || replace(case when ${text} ~ '^''*[=+@\t\r\n-]' then '''' || ${text} else ${text} end, '"', '""')
  || '"'`;
const cellOrNothing = (text: SQL) => sql`coalesce(${cell(text)}, '')`;

const csv = sql`
  ${events.id} || ',' || ${events.agentId} || ',' || ${events.type}
  || ',' || ${times.occurredAt} || ',' || ${times.receivedAt} || ',' || ${level}
  || ',' || ${cellOrNothing(sql`${events.message}`)}
  || ',' || ${cellOrNothing(sql`${events.subject}`)}
  || ',' || ${cellOrNothing(sql`${events.traceId}`)}
  || ',' || coalesce(${events.seq}::text, '')
  || ',' || ${cellOrNothing(sql`${events.props}::text`)}`;

export const lineOf = { ndjson, csv } as const satisfies Record<ExportFormat, SQL>;
