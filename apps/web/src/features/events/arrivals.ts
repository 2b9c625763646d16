import type { Event } from "@muniment/shared/events.ts";

export type Arrival = { event: Event; at: number };

/** Events of the tail, newest first, and how many of the newest are held back from the list. */
export type Arrivals = {
  newest: readonly Arrival[];
  held: number;
  holding: boolean;
  /** How many came and had to leave again; the list has a gap there. */
  dropped: number;
  /** How many were deleted before they came; null where nobody knows. */
  deleted: number | null;
};

/** More than this is read from the list; a page that stays open must not grow without end. */
export const mostArrivals = 1000;

export const noArrivals: Arrivals = {
  newest: [],
  held: 0,
  holding: false,
  dropped: 0,
  deleted: 0,
};

/** Adds events in the order they came. */
export function arrive(state: Arrivals, events: readonly Event[], at: number): Arrivals {
  const known = new Set(state.newest.map(({ event }) => event.id));
  const added = events
    .filter(({ id }) => !known.has(id))
    .map((event) => ({ event, at }))
    .toReversed();
  const newest = [...added, ...state.newest];
  return {
    ...state,
    newest: newest.slice(0, mostArrivals),
    dropped: state.dropped + Math.max(0, newest.length - mostArrivals),
    held: state.holding ? Math.min(state.held + added.length, mostArrivals) : 0,
  };
}

/** Adds what the tail says to be deleted. */
export const miss = (state: Arrivals, count: number | null): Arrivals => ({
  ...state,
  deleted: state.deleted === null || count === null ? null : state.deleted + count,
});

/** Starts or ends holding back what comes from now on. */
export function hold(state: Arrivals, holding: boolean): Arrivals {
  if (state.holding === holding) return state;
  return { ...state, holding, held: holding ? state.held : 0 };
}

/** The list: arrivals that are not held back, then the loaded events that are not among them. */
export function merge(state: Arrivals, loaded: readonly Event[]): Arrival[] {
  const shown = state.newest.slice(state.held);
  if (state.newest.length === 0) return loaded.map((event) => ({ event, at: 0 }));
  const arrived = new Set(state.newest.map(({ event }) => event.id));
  const rest = loaded.filter(({ id }) => !arrived.has(id));
  return [...shown, ...rest.map((event) => ({ event, at: 0 }))];
}
