import { eventBounds } from "@muniment/shared/events.ts";
import { parseApache } from "./apache.ts";
import { type Reading, toEvent } from "./event.ts";
import { eventId } from "./event-id.ts";
import { parseJournald } from "./journald.ts";
import { readJsonLine } from "./jsonl.ts";
import type { TimeOptions } from "./line-time.ts";
import { type Line, type LogLine, maxLineBytes } from "./lines.ts";
import { parseNginx } from "./nginx.ts";
import { createRepeatCounter } from "./repeats.ts";
import { parseSshd } from "./sshd.ts";
import { parseSyslog } from "./syslog.ts";

type LineParser = (text: string, options: TimeOptions) => Reading;

/** The log formats whose lines are text; `jsonl` lines are events already. */
export const textFormats = {
  sshd: parseSshd,
  apache: parseApache,
  nginx: parseNginx,
  syslog: parseSyslog,
  journald: parseJournald,
} satisfies Record<string, LineParser>;

export type FormatName = keyof typeof textFormats | "jsonl";
export const formatNames = [
  "jsonl",
  "sshd",
  "apache",
  "nginx",
  "syslog",
  "journald",
] as const satisfies readonly FormatName[];

/** What became of a line: every line becomes exactly one of these. */
export type LineResult =
  | {
      kind: "event";
      json: string;
      time: number | undefined;
      /** Whether the line has the form of the format, whatever it says. */
      recognised: boolean;
    }
  | { kind: "blank" }
  | { kind: "unreadable"; reason: string; message: string };

/** What reading on from the middle of a log needs of the lines before. */
export type ReaderMemory = {
  /** The time of the line before, in milliseconds. */
  previous?: number | undefined;
  /** How many lines had that time. */
  sameTime?: { time?: number | undefined; count: number } | undefined;
};

export type LogOptions = {
  format: FormatName;
  /** Names the log; part of every event's id. */
  source: string;
  /** Minutes east of UTC, for times without a zone. */
  offsetMinutes: number;
  /** Now, or when the log was last written, in milliseconds; asked for every line. */
  reference: () => number;
  /** The year of the first line, for times without one. */
  year?: number | undefined;
  /**
   * Where the present line lies in all that was ever read of this log, as a text. Given, it tells
   * lines apart in place of counting equal ones from the start, so that reading may begin anywhere.
   */
  place?: (() => string) | undefined;
  /** Kept up to date; with `place`, what was kept lets another reader go on. */
  memory?: ReaderMemory | undefined;
};

/**
 * Turns the lines of one log, given in order from its start, into events as JSON text. The same log
 * gives the same events with the same ids whenever it is read. A line without a time has the time
 * of the line before it.
 */
export function createLogReader(options: LogOptions): (line: Line) => LineResult {
  const { place, memory = {} } = options;
  const countRepeats = place ? () => 0 : createRepeatCounter();

  function sequenceAt(time: number | undefined): number {
    const { sameTime = { time: undefined, count: 0 } } = memory;
    const count = time === sameTime.time ? sameTime.count + 1 : 0;
    memory.sameTime = { time, count };
    return count;
  }

  function identify(line: LogLine, time: number | undefined): string {
    // A marked form, because no text line may pass for the bytes of another.
    const exact = line.base64 === undefined ? line.text : `\0${line.base64}`;
    const { format } = options;
    const source = place ? `${options.source}\0${place()}` : options.source;
    const sequence = sequenceAt(time);
    return eventId({ source, format, line: exact, ordinal: countRepeats(exact), sequence, time });
  }

  function readText(line: LogLine, parse: LineParser): LineResult {
    // Checked first, so that no pattern runs over text that cannot be sent.
    if (line.text.length > eventBounds.propsBytes) return tooLong("32 KiB");
    const { offsetMinutes, year } = options;
    const reference = options.reference();
    const { previous } = memory;
    const reading = parse(line.text, { offsetMinutes, year, reference, previous });
    const time = reading.occurredAt ?? previous;
    memory.previous = time;
    const id = identify(line, time);
    const event = toEvent(line, reading, { id, time });
    if (!event) return tooLong("32 KiB");
    const recognised = reading.occurredAt !== undefined || Object.keys(reading.props).length > 0;
    return { kind: "event", json: JSON.stringify(event), time, recognised };
  }

  function readJson(line: LogLine): LineResult {
    if (line.base64 !== undefined) {
      const message = "The line is not UTF-8 text, or holds U+0000.";
      return { kind: "unreadable", reason: "not_text", message };
    }
    const reading = readJsonLine(line.text);
    if (reading.kind !== "event") return reading;
    const { occurredAt: time } = reading;
    return {
      kind: "event",
      json: reading.json(() => identify(line, time)),
      time,
      recognised: true,
    };
  }

  return (line) => {
    if (!("text" in line)) return tooLong(`${maxLineBytes / 1024} KiB`);
    if (options.format === "jsonl") return readJson(line);
    return readText(line, textFormats[options.format]);
  };
}

function tooLong(bound: string): LineResult {
  const message = `The line is longer than the ${bound} that can be kept unaltered.`;
  return { kind: "unreadable", reason: "too_long", message };
}
