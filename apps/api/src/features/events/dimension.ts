import { events } from "@muniment/db/schema/events.ts";
import type { dimension } from "@muniment/shared/events.ts";
import { type SQL, sql } from "drizzle-orm";
import type { z } from "zod";
import { type CountedColumns, pathArray } from "./conditions.ts";
import { levelName } from "./read-events.ts";

export type Dimension = z.infer<typeof dimension>;

/** Longer values are counted by their beginning, which bounds the answer. */
const longestValue = 256;

/** Whether the counts know it. */
export const isCountedDimension = (dimension: Dimension) =>
  dimension === "type" || dimension === "level" || dimension === "agentId";

/** Where the value of a counted dimension stands. */
export function countedColumn(dimension: Dimension, columns: CountedColumns) {
  if (dimension === "type") return columns.type;
  return dimension === "level" ? columns.level : columns.agentId;
}

/** The value of a counted dimension as text. */
export const countedText = (dimension: Dimension, columns: CountedColumns): SQL<string> =>
  sql`${countedColumn(dimension, columns)}::text`;

/** The value of a dimension of an event as text; null where it has none. */
export function dimensionText(dimension: Dimension): SQL<string | null> {
  if (isCountedDimension(dimension)) return countedText(dimension, events);
  const text =
    dimension === "subject"
      ? sql`${events.subject}`
      : sql`${events.props} #>> ${pathArray(dimension.slice("props.".length))}`;
  return sql<string | null>`left(${text}, ${sql.raw(String(longestValue))})`;
}

/** The value as it is shown. */
export const shownValue = (dimension: Dimension, value: string): string =>
  dimension === "level" ? levelName(Number(value)) : value;
