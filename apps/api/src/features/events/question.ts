import type { Database } from "@muniment/db/database.ts";
import { agents } from "@muniment/db/schema/agents.ts";
import { parseEventQuery } from "@muniment/shared/event-query/parse.ts";
import {
  type EventQuery,
  EventQueryError,
  type EventTest,
  timeUnits,
} from "@muniment/shared/event-query/query.ts";
import type { EventFilters, PropFilter } from "@muniment/shared/events.ts";
import { and, eq, inArray } from "drizzle-orm";
import type { Deps } from "../../deps.ts";
import { AppError } from "../../errors.ts";
import type { AgentIds, AskedAs } from "../../event-queries.ts";
import { type TimeRange, toTimeRange } from "./time-range.ts";

/** What is asked of a user's events: a query without times, whose agents are ids, and the range. */
export type Question = { query: EventQuery; range: TimeRange };

type Input = EventFilters & { from?: string | undefined; to?: string | undefined };
type Reading = { database: Pick<Database, "reads"> };
type Asker = { userId: string; retentionDays: number | null };

const day = 86_400_000;
const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const comparisons = { gt: ">", gte: ">=", lt: "<", lte: "<=" } as const;

function propTest(filter: PropFilter): EventTest {
  const { path } = filter;
  if (filter.op === "exists") return { kind: "prop", path, op: "exists" };
  if (filter.op === "eq") return { kind: "prop", path, op: "any", values: [filter.value] };
  return { kind: "prop", path, op: comparisons[filter.op], value: filter.value };
}

const typeTest = (type: string): EventTest =>
  type.endsWith("*")
    ? { kind: "field", field: "type", op: "prefix", value: type.slice(0, -1) }
    : { kind: "field", field: "type", op: "eq", value: type };

/** The structured filters as terms that must all pass. */
function termsOf({ agentId, types, levels, subject, traceId, text, props }: EventFilters) {
  const terms: EventQuery[] = [];
  const anyOf = (parts: EventTest[]) => {
    const [only] = parts;
    terms.push(parts.length === 1 && only ? only : { kind: "or", parts });
  };
  if (agentId !== undefined) terms.push({ kind: "agent", agent: agentId });
  if (types) anyOf(types.map(typeTest));
  if (levels) anyOf(levels.map((level) => ({ kind: "level", op: "=", level })));
  if (subject !== undefined) {
    terms.push({ kind: "field", field: "subject", op: "eq", value: subject });
  }
  if (traceId !== undefined) {
    terms.push({ kind: "field", field: "trace", op: "eq", value: traceId });
  }
  if (text !== undefined) terms.push({ kind: "text", value: text });
  return [...terms, ...(props ?? []).map(propTest)];
}

function parse(text: string): readonly EventQuery[] {
  try {
    const query = parseEventQuery(text);
    return query.kind === "and" ? query.parts : [query];
  } catch (error) {
    if (!(error instanceof EventQueryError)) throw error;
    throw new AppError("invalid_query", error.message, { cause: error });
  }
}

/** Names of agents among the tests, which the query must be given the ids of. */
function namesIn(query: EventQuery): string[] {
  if (query.kind === "and" || query.kind === "or") return query.parts.flatMap(namesIn);
  if (query.kind === "not") return namesIn(query.part);
  return query.kind === "agent" && !uuid.test(query.agent) ? [query.agent] : [];
}

function withIds(query: EventQuery, ids: ReadonlyMap<string, readonly string[]>): EventQuery {
  if (query.kind === "and" || query.kind === "or") {
    return { kind: query.kind, parts: query.parts.map((part) => withIds(part, ids)) };
  }
  if (query.kind === "not") return { kind: "not", part: withIds(query.part, ids) };
  if (query.kind !== "agent" || uuid.test(query.agent)) return query;
  const tests = (ids.get(query.agent) ?? []).map((agent) => ({ kind: "agent" as const, agent }));
  const [first] = tests;
  if (!first) throw new AppError("invalid_query", `There is no agent named ${query.agent}.`);
  return tests.length === 1 ? first : { kind: "or", parts: tests };
}

/** The agents of these names, and of those of which that is known already. */
async function idsOf(
  { database }: Reading,
  userId: string,
  named: readonly string[],
  known: AgentIds = {},
): Promise<ReadonlyMap<string, readonly string[]>> {
  const ids = new Map(Object.entries(known));
  const names = [...new Set(named)].filter((name) => !ids.has(name));
  if (names.length === 0) return ids;
  const rows = await database
    .reads({ userId })
    .select({ id: agents.id, name: agents.name })
    .from(agents)
    .where(and(eq(agents.userId, userId), inArray(agents.name, names)));
  for (const { id, name } of rows) ids.set(name, [...(ids.get(name) ?? []), id]);
  return ids;
}

/** Which agents a query means by their names, as long as that is kept. @throws AppError `invalid_query` */
export async function agentsNamed(deps: Reading, userId: string, text: string): Promise<AgentIds> {
  return Object.fromEntries(await idsOf(deps, userId, parse(text).flatMap(namesIn)));
}

/** What is older is past the retention of the instance or of the user, and hidden at once. */
export function oldestKept(
  { config, now }: Pick<Deps, "config" | "now">,
  { retentionDays }: Asker,
): number {
  const days = [config.eventRetentionDays || null, retentionDays].filter((one) => one !== null);
  return days.length === 0 ? Number.NEGATIVE_INFINITY : now().getTime() - Math.min(...days) * day;
}

/**
 * Puts the filters, the query and the range of an input together. Times of the query that lie so long ago
 * are counted back from `at`, and `agents` are meant by their names whatever they are called now.
 * @throws AppError `invalid_query`, `invalid_range`
 */
export async function toQuestion(
  deps: Reading & Pick<Deps, "config" | "now">,
  asker: Asker,
  input: Input & { query?: string | undefined },
  { at = deps.now(), agents }: AskedAs = {},
): Promise<Question> {
  const terms = [...termsOf(input), ...(input.query === undefined ? [] : parse(input.query))];
  const range = toTimeRange(input);
  const tests = terms.filter((term) => {
    if (term.kind !== "time") return true;
    const time =
      "at" in term ? Date.parse(term.at) : at.getTime() - term.ago * timeUnits[term.unit];
    if (term.bound === "since") range.from = Math.max(range.from, time);
    else range.to = Math.min(range.to, time);
    return false;
  });
  if (range.from > range.to) {
    throw new AppError("invalid_range", "The range ends before it begins.");
  }
  range.from = Math.min(Math.max(range.from, oldestKept(deps, asker)), range.to);
  const [only] = tests;
  const query: EventQuery = tests.length === 1 && only ? only : { kind: "and", parts: tests };
  const ids = await idsOf(deps, asker.userId, namesIn(query), agents);
  return { query: withIds(query, ids), range };
}
