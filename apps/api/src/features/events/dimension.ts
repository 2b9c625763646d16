import { events } from "@muniment/db/schema/events.ts";
import type { dimension } from "@muniment/shared/events.ts";
import { type SQL, sql } from "drizzle-orm";
import type { z } from "zod";
import { pathArray } from "./filters.ts";
import { levelName } from "./read-events.ts";

export type Dimension = z.infer<typeof dimension>;

/** Longer values are counted by their beginning, which bounds the answer. */
const longestValue = 256;

function rawText(dimension: Dimension): SQL {
  switch (dimension) {
    case "type":
      return sql`${events.type}`;
    case "level":
      return sql`${events.level}::text`;
    case "agentId":
      return sql`${events.agentId}::text`;
    case "subject":
      return sql`${events.subject}`;
    default:
      return sql`${events.props} #>> ${pathArray(dimension.slice("props.".length))}`;
  }
}

/** The value of a dimension as text; null where an event has none. */
export const dimensionText = (dimension: Dimension): SQL<string | null> =>
  sql<string | null>`left(${rawText(dimension)}, ${sql.raw(String(longestValue))})`;

/** The value as it is shown. */
export const shownValue = (dimension: Dimension, value: string): string =>
  dimension === "level" ? levelName(Number(value)) : value;
