import type { EventFilters } from "../../event-timeline.ts";
import { askFor } from "./field-filters.ts";
import { scalarOf } from "./filter-chips.ts";

export type FilterKind = {
  name: string;
  hint?: string;
  /** Said when `add` refuses. */
  problem: string;
  /** The filters with this one too; undefined when the value cannot be asked for. */
  add: (filters: EventFilters, value: string, path: string) => EventFilters | undefined;
};

const single = (field: string) => (filters: EventFilters, value: string) =>
  value === "" ? undefined : askFor(filters, field, value);

/** What can be asked for by hand, in the order of the menu. */
export const filterKinds = [
  {
    name: "Type",
    hint: "A whole type, or its start with * at the end: ssh.login.*",
    problem: "lower-case letters, digits and . _ : - only, with * at the end if at all",
    add: single("type"),
  },
  { name: "Level", problem: "choose a level", add: single("level") },
  { name: "Agent", problem: "choose an agent", add: single("agentId") },
  {
    name: "Property",
    hint: 'Exactly this value. 42, true and null mean themselves; "42" in quotes is text.',
    problem: "a path and a value are needed",
    add: (filters, value, path) =>
      path === "" || value === ""
        ? undefined
        : askFor(filters, `props.${path.replace(/^props\./, "")}`, scalarOf(value)),
  },
  {
    name: "Subject",
    hint: "The whole subject: user:42",
    problem: "1 to 256 characters",
    add: single("subject"),
  },
  {
    name: "Trace id",
    hint: "The whole id",
    problem: "1 to 128 characters",
    add: single("traceId"),
  },
] as const satisfies readonly [FilterKind, ...FilterKind[]];
