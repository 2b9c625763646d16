import type { Target } from "@muniment/sdk/delivery";
import { parseEventQuery } from "@muniment/shared/event-query/parse.ts";
import { EventQueryError, timeUnits } from "@muniment/shared/event-query/query.ts";
import { type Io, parseArguments, UsageError } from "../command.ts";
import { parseNumber } from "../send/options.ts";
import { printable } from "../send/report.ts";
import { parseTarget, targetOptions } from "../target.ts";

export type SearchOptions = {
  target: Target;
  /** What `events.search` is asked, without its cursor. */
  input: { query?: string; from?: string; to?: string };
  limit: number;
  json: boolean;
};

const most = 100_000;

/** The options of one call, each checked; `now` in milliseconds. @throws UsageError */
export function parseSearchOptions(argv: string[], env: Io["env"], now: number): SearchOptions {
  const { values, positionals } = parseArguments({
    args: argv,
    allowPositionals: true,
    options: {
      ...targetOptions,
      from: { type: "string" },
      to: { type: "string" },
      limit: { type: "string", default: "50" },
      json: { type: "boolean", default: false },
    },
  });
  const [query, ...more] = positionals;
  if (more.length > 0) throw new UsageError("Give the query as one argument, in quotes.");
  if (query !== undefined) checkQuery(query);
  const [from, to] = [values.from, values.to].map((time, place) =>
    time === undefined ? undefined : parseTime(place === 0 ? "--from" : "--to", time, now),
  );
  if (from !== undefined && to !== undefined && from > to) {
    throw new UsageError("--from lies after --to.");
  }
  return {
    target: parseTarget(values, env),
    input: {
      ...(query === undefined ? {} : { query }),
      ...(from === undefined ? {} : { from }),
      ...(to === undefined ? {} : { to }),
    },
    limit: parseNumber("--limit", values.limit, [1, most]),
    json: values.json,
  };
}

/** @throws UsageError that shows the query with a mark below the place */
export function checkQuery(query: string): void {
  try {
    parseEventQuery(query);
  } catch (error) {
    if (!(error instanceof EventQueryError)) throw error;
    const mark = `${" ".repeat(Math.min(error.problem.position, query.length))}^`;
    throw new UsageError(`${error.message}\n  ${printable(query, 2048)}\n  ${mark}`);
  }
}

/** A time as the query language writes it behind `since:`, as RFC 3339. @throws UsageError */
function parseTime(option: string, text: string, now: number): string {
  try {
    const test = parseEventQuery(`since:${text}`);
    if (test.kind === "time") {
      return "at" in test ? test.at : new Date(now - test.ago * timeUnits[test.unit]).toISOString();
    }
  } catch (error) {
    if (!(error instanceof EventQueryError)) throw error;
  }
  throw new UsageError(
    `${option} is a time such as 2h, 7d, 2026-01-31 or 2026-01-31T08:00Z, UTC without a zone.`,
  );
}
