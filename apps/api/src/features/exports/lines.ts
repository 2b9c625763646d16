import { messageKinds } from "@muniment/db/message-connection.ts";
import { events } from "@muniment/db/schema/events.ts";
import { eventLevels } from "@muniment/shared/events.ts";
import type { ExportFormat } from "@muniment/shared/exports.ts";
import { type SQL, sql } from "drizzle-orm";
import { int32At, LineBuffer, timeAt } from "./line-buffer.ts";

/** Columns of a row, in its order; the first two say where an event lies. */
const columns = [
  events.id,
  events.occurredAt,
  events.agentId,
  events.receivedAt,
  events.type,
  events.level,
  events.message,
  events.subject,
  events.traceId,
  events.seq,
  events.props,
];
const places = 2;

const names = columns.map((column) => sql`${column}`);

/**
 * What a statement says of the events of one that looks at them, which is a third of what it takes
 * PostgreSQL to write lines. Of one that does not pass there is only its place.
 */
export function selectRows(looked: SQL, condition: SQL | undefined): SQL {
  if (!condition) return sql`select ${sql.join(names, sql`, `)} from (${looked}) as events`;
  const shown = names.map((name, place) =>
    place < places ? name : sql`case when passes then ${name} end`,
  );
  // Without the offset, the condition would be tried for each column.
  return sql`select ${sql.join(shown, sql`, `)}
    from (select *, ${condition} as passes from (${looked}) as events offset 0) as events`;
}

/** Where the values of a row begin and end; a begin of -1 is a null. */
type Spans = { from: Int32Array; to: Int32Array };

type WriteLine = (lines: LineBuffer, bytes: Buffer, spans: Spans) => void;

const ascii = (text: string) => Buffer.from(text);
const levels = eventLevels.map(ascii);
const lineEnd = ascii("\n");
const nothing = ascii("");

const [id, at, agent, receivedAt, type, level, message, subject, traceId, seq, props] = columns.map(
  (_, place) => place,
) as [number, number, number, number, number, number, number, number, number, number, number];

function levelAt(bytes: Buffer, start: number): Buffer {
  const name = levels[((bytes[start] ?? 0) << 8) | (bytes[start + 1] ?? 0)];
  if (!name) throw new Error("an event of a level that there is not");
  return name;
}

const marks = {
  id: ascii('{"id":"'),
  agent: ascii('","agentId":"'),
  type: ascii('","type":"'),
  at: ascii('","occurredAt":"'),
  receivedAt: ascii('","receivedAt":"'),
  level: ascii('","level":"'),
  quote: ascii('"'),
  seq: ascii(',"seq":'),
  props: ascii(',"props":'),
  end: ascii("}\n"),
  comma: ascii(","),
  apostrophe: ascii("'"),
};
const texts = [
  { place: message, mark: ascii(',"message":') },
  { place: subject, mark: ascii(',"subject":') },
  { place: traceId, mark: ascii(',"traceId":') },
];

/** Ids, types, levels and times need no escapes. */
const ndjson: WriteLine = (lines, bytes, { from, to }) => {
  lines.put(marks.id);
  lines.uuid(bytes, from[id] ?? 0);
  lines.put(marks.agent);
  lines.uuid(bytes, from[agent] ?? 0);
  lines.put(marks.type);
  lines.copy(bytes, from[type] ?? 0, to[type] ?? 0);
  lines.put(marks.at);
  lines.time(bytes, from[at] ?? 0);
  lines.put(marks.receivedAt);
  lines.time(bytes, from[receivedAt] ?? 0);
  lines.put(marks.level);
  lines.put(levelAt(bytes, from[level] ?? 0));
  lines.put(marks.quote);
  for (const { place, mark } of texts) {
    if ((from[place] ?? 0) < 0) continue;
    lines.put(mark);
    lines.json(bytes, from[place] ?? 0, to[place] ?? 0);
  }
  if ((from[seq] ?? 0) >= 0) {
    lines.put(marks.seq);
    lines.integer(bytes, from[seq] ?? 0);
  }
  if ((from[props] ?? 0) >= 0) {
    lines.put(marks.props);
    // Behind the version of its binary form, jsonb is its text.
    lines.copy(bytes, (from[props] ?? 0) + 1, to[props] ?? 0);
  }
  lines.put(marks.end);
};

const formulas: ReadonlySet<number> = new Set(ascii("=+@\t\r\n-"));

/**
 * What a spreadsheet would take for a formula gets an apostrophe, as does what already begins with one
 * before it, so that the apostrophe can be told apart.
 */
function beforeCell(bytes: Buffer, from: number, to: number): Buffer {
  let place = from;
  while (place < to && bytes[place] === 0x27) place += 1;
  return place < to && formulas.has(bytes[place] ?? 0) ? marks.apostrophe : nothing;
}

const csv: WriteLine = (lines, bytes, { from, to }) => {
  const start = (place: number) => from[place] ?? 0;
  const end = (place: number) => to[place] ?? 0;
  const cell = (begin: number, stop: number) => {
    lines.put(marks.comma);
    if (begin >= 0) lines.cell(beforeCell(bytes, begin, stop), bytes, begin, stop);
  };
  lines.uuid(bytes, start(id));
  lines.put(marks.comma);
  lines.uuid(bytes, start(agent));
  lines.put(marks.comma);
  lines.copy(bytes, start(type), end(type));
  lines.put(marks.comma);
  lines.time(bytes, start(at));
  lines.put(marks.comma);
  lines.time(bytes, start(receivedAt));
  lines.put(marks.comma);
  lines.put(levelAt(bytes, start(level)));
  for (const { place } of texts) cell(start(place), end(place));
  lines.put(marks.comma);
  if (start(seq) >= 0) lines.integer(bytes, start(seq));
  cell(start(props) < 0 ? -1 : start(props) + 1, end(props));
  lines.put(lineEnd);
};

const writers = { ndjson, csv } as const satisfies Record<ExportFormat, WriteLine>;

/** So long is a piece of lines about: to make one takes others little of their time. */
const pieceBytes = 262_144;

export type Piece = { bytes: Buffer; rows: number };

/** Where the first message at or behind a place begins that is a row; the end where there is none. */
function rowAt(messages: Buffer, from: number): number {
  let at = from;
  while (at < messages.length && messages[at] !== messageKinds.dataRow) {
    at += 1 + int32At(messages, at + 1);
  }
  return at;
}

/** Of a row: its kind, its length and how many values it has. */
const rowHead = 7;

/** Whoever reads rows as lines of a format. */
export function createLines(format: ExportFormat) {
  const write = writers[format];
  const lines = new LineBuffer(pieceBytes + 65_536);
  const spans = { from: new Int32Array(columns.length), to: new Int32Array(columns.length) };

  /** Reads the values of a row, each behind its length (PostgreSQL's manual, "Message Formats", DataRow). */
  function read(messages: Buffer, row: number): void {
    let place = row + rowHead;
    for (let column = 0; column < columns.length; column += 1) {
      const length = int32At(messages, place);
      place += 4;
      spans.from[column] = length < 0 ? -1 : place;
      place += Math.max(length, 0);
      spans.to[column] = place;
    }
  }

  return function* linesOf(messages: Buffer): Generator<Piece> {
    let rows = 0;
    for (let at = rowAt(messages, 0); at < messages.length; ) {
      read(messages, at);
      at = rowAt(messages, at + 1 + int32At(messages, at + 1));
      if ((spans.from[agent] ?? 0) >= 0) {
        write(lines, messages, spans);
        rows += 1;
      }
      if (lines.length < pieceBytes) continue;
      yield { bytes: lines.take(), rows };
      rows = 0;
    }
    yield { bytes: lines.take(), rows };
  };
}

/** Where the last of some rows lies, and how many there are. */
export function lastOf(messages: Buffer): { count: number; id: string; at: number } | null {
  let [count, last] = [0, -1];
  for (let at = rowAt(messages, 0); at < messages.length; count += 1) {
    last = at;
    at = rowAt(messages, at + 1 + int32At(messages, at + 1));
  }
  if (last < 0) return null;
  const idAt = last + rowHead + 4;
  const hex = messages.toString("hex", idAt, idAt + 16);
  const id = hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
  return { count, id, at: timeAt(messages, idAt + 20) };
}
