import type { EventQuery } from "@muniment/shared/event-query/query.ts";
import { type Event, eventLevels } from "@muniment/shared/events.ts";
import { asksOf } from "./conditions.ts";
import { matches } from "./matches.ts";

const nothing: Event = {
  ...{ id: "", agentId: "", type: "", level: "debug", message: null, subject: null },
  ...{ traceId: null, seq: null, props: {}, occurredAt: "", receivedAt: "" },
};

type AskedLevels = {
  /** Places in `eventLevels` of those that may pass. */
  passing: number[];
  /** What must hold of agent and type. */
  rest: EventQuery;
  /** What must hold of agent or type and of the level at once. */
  mixed: EventQuery | undefined;
};

/** What a query that `isCountable` asks of levels, apart from the rest of it. */
export function askedLevels(query: EventQuery): AskedLevels {
  const parts = query.kind === "and" ? query.parts : [query];
  const ofLevel = parts.filter((part) => asksOf(part, "level"));
  const isPure = (part: EventQuery) => !asksOf(part, "agent") && !asksOf(part, "type");
  const pure = ofLevel.filter(isPure);
  const mixed = ofLevel.filter((part) => !isPure(part));
  return {
    passing: eventLevels.flatMap((level, place) =>
      pure.every((part) => matches(part, { ...nothing, level })) ? [place] : [],
    ),
    rest: { kind: "and", parts: parts.filter((part) => !ofLevel.includes(part)) },
    mixed: mixed.length > 0 ? { kind: "and", parts: mixed } : undefined,
  };
}
