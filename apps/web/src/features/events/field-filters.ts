import { eventFilters } from "@muniment/shared/events.ts";
import { z } from "zod";
import type { EventFilters } from "../../event-timeline.ts";

export type Scalar = string | number | boolean | null;

const filtersSchema = z.object(eventFilters);

/** The path within the properties that a field stands for; null for the fixed fields. */
export function propPath(field: string): string | null {
  return field.startsWith("props.") ? field.slice("props.".length) : null;
}

/** The values of a field that the filters ask for. */
export function askedValues(filters: EventFilters, field: string): readonly Scalar[] {
  const path = propPath(field);
  if (path !== null) {
    return (filters.props ?? []).flatMap((one) =>
      one.op === "eq" && one.path === path ? [one.value] : [],
    );
  }
  if (field === "type") return filters.types ?? [];
  if (field === "level") return filters.levels ?? [];
  const single = { agentId: filters.agentId, subject: filters.subject, traceId: filters.traceId };
  const value = Object.entries(single).find(([name]) => name === field)?.[1];
  return value === undefined ? [] : [value];
}

export function asksFor(filters: EventFilters, field: string, value: Scalar): boolean {
  return askedValues(filters, field).some((one) => String(one) === String(value));
}

/** The filters that ask for a value too; undefined when no filter can. */
export function askFor(
  filters: EventFilters,
  field: string,
  value: Scalar,
): EventFilters | undefined {
  const parsed = filtersSchema.safeParse({ ...filters, ...addition(filters, field, value) });
  return parsed.success && asksFor(parsed.data, field, value) ? parsed.data : undefined;
}

/** The filters without the wish for a value. */
export function stopAsking(filters: EventFilters, field: string, value: Scalar): EventFilters {
  const path = propPath(field);
  const rest = askedValues(filters, field).filter((one) => String(one) !== String(value));
  const kept = <T extends Scalar>(one: T) => rest.includes(one);
  if (path !== null) {
    const props = filters.props?.filter(
      (one) => one.path !== path || one.op !== "eq" || kept(one.value),
    );
    return { ...filters, props: filled(props) };
  }
  if (field === "type") return { ...filters, types: filled(filters.types?.filter(kept)) };
  if (field === "level") return { ...filters, levels: filled(filters.levels?.filter(kept)) };
  return { ...filters, [field]: undefined };
}

/** An empty list would ask for nothing at all. */
export function filled<T>(list: T[] | undefined): T[] | undefined {
  return list && list.length > 0 ? list : undefined;
}

function addition(filters: EventFilters, field: string, value: Scalar): object {
  const path = propPath(field);
  // A property has one value, so that a second one would leave nothing.
  if (path !== null) {
    const others = (filters.props ?? []).filter((one) => one.op !== "eq" || one.path !== path);
    return { props: [...others, { op: "eq", path, value }] };
  }
  const several = [...new Set([...askedValues(filters, field), value])];
  if (field === "type") return { types: several };
  if (field === "level") return { levels: several };
  return { [field]: value };
}
