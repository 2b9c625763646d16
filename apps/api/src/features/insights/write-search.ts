import { type AskedSearch, askedSearch } from "@muniment/shared/insights.ts";
import { AppError } from "../../errors.ts";
import type { Model } from "./model.ts";

/** What the model is told of the events before it writes a search. */
export type Known = { now: Date; agents: readonly string[]; types: readonly string[] };

/** Longer replies hold no search. */
const maxReply = 6000;

const instructions = `You translate a question about log events into one search. Answer with one JSON object and nothing else: {"query": "...", "from": "...", "to": "..."}. "from" (inclusive) and "to" (exclusive) are RFC 3339 times in UTC; leave them out for all time.

The query holds terms that must all pass, separated by spaces; an empty query passes every event:
type:ssh.login.failed or type:ssh.* - the event's type, or a prefix of it
level:error, level>=warn - debug < info < warn < error < critical
agent:NAME - what sent it
subject:VALUE, trace:VALUE - or with a prefix, subject:user*
props.PATH:VALUE, props.PATH>1024, props.PATH:* - a property, a number, its existence
"some words" - a part of the message
-TERM negates a term; (TERM OR TERM) passes one of them; values with spaces are in double quotes.

Use only types and agents that are listed. Prefer a wide search to one that is too narrow.`;

const list = (values: readonly string[]) => values.map((value) => JSON.stringify(value)).join(", ");

/** The first JSON object within a reply, which may stand in a sentence or a code block. */
function objectIn(reply: string): unknown {
  const [start, end] = [reply.indexOf("{"), reply.lastIndexOf("}")];
  if (start < 0 || end < start) return undefined;
  try {
    return JSON.parse(reply.slice(start, end + 1));
  } catch {
    return undefined;
  }
}

const withoutEmpty = (value: unknown) =>
  typeof value === "object" && value !== null
    ? Object.fromEntries(Object.entries(value).filter(([, one]) => one !== null && one !== ""))
    : value;

/**
 * Has the model write a search for a question. It is text of a stranger's still: the caller must read
 * it as any search that somebody typed.
 * @throws AppError `model_failed`
 */
export async function writeSearch(
  model: Model,
  question: string,
  { now, agents, types }: Known,
  signal: AbortSignal,
): Promise<AskedSearch> {
  const content = `Now: ${now.toISOString()}\nTypes: ${list(types)}\nAgents: ${list(agents)}\nQuestion: ${JSON.stringify(question)}`;
  let reply = "";
  for await (const piece of model({ instructions, content }, signal)) {
    reply += piece;
    if (reply.length > maxReply) break;
  }
  const parsed = askedSearch.safeParse({
    query: "",
    ...(withoutEmpty(objectIn(reply)) as object | undefined),
  });
  if (objectIn(reply) === undefined || !parsed.success) {
    throw new AppError("model_failed", "The model wrote no search that can be read.");
  }
  return parsed.data;
}
