import { agentTerm, levelTerm, walkProps } from "./index-terms.ts";
import { lower } from "./matches.ts";
import { partPlaces, Signature } from "./signature.ts";

/** More paths with numbers than this say nothing. */
const mostNumbers = 64;

/** What of an event is summed up. */
export type Summed = {
  agentId: string;
  level: number;
  message: string | null;
  props: object | null;
  occurredAt: Date;
};

// Of one chunk at a time, so that their large buffers are made only once.
const fields = new Signature();
const message = new Signature();
const props = new Signature();

/** Sums up events, newest or oldest first, as a row of `event_chunks`. */
export function sumUp(events: readonly Summed[]) {
  const numbers = new Map<string, [number, number]>();
  const times = events.map(({ occurredAt }) => occurredAt.getTime());
  const addPart = (place: number) => message.add(place);
  const visitor = {
    term: (hash: number) => props.addTerm(hash),
    number: (path: string, value: number) => widen(numbers, path, value),
  };
  let last: Summed | undefined;
  for (const event of events) {
    if (event.agentId !== last?.agentId) fields.addTerm(agentTerm(event.agentId));
    if (event.level !== last?.level) fields.addTerm(levelTerm(event.level));
    last = event;
    if (event.message !== null) partPlaces(lower(event.message), addPart);
    walkProps(event.props ?? {}, visitor);
  }
  return {
    newest: new Date(Math.max(...times)),
    oldest: new Date(Math.min(...times)),
    fields: fields.take() ?? new Uint8Array(8),
    message: message.take(),
    props: props.take(),
    numbers: numbers.size > mostNumbers ? null : Object.fromEntries(numbers),
  };
}

function widen(numbers: Map<string, [number, number]>, path: string, value: number): void {
  const known = numbers.get(path);
  if (!known) numbers.set(path, [value, value]);
  else if (value < known[0]) known[0] = value;
  else if (value > known[1]) known[1] = value;
}
