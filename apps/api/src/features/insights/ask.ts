import { agents } from "@muniment/db/schema/agents.ts";
import type { Facets } from "@muniment/shared/events.ts";
import {
  type AskedSearch,
  type AskMessage,
  askBounds,
  askInput,
} from "@muniment/shared/insights.ts";
import { tracked } from "@trpc/server";
import { eq } from "drizzle-orm";
import { v7 as uuidv7 } from "uuid";
import type { Deps } from "../../deps.ts";
import { AppError } from "../../errors.ts";
import type { UserPrincipal } from "../../identity/principal.ts";
import { auditedStream } from "../../trpc/audited-stream.ts";
import { signedIn } from "../../trpc/authenticated.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";
import { createModel, type Model } from "./model.ts";
import { linesOf, writeAnswer } from "./write-answer.ts";
import { writeSearch } from "./write-search.ts";

const mostNamed = 50;
const facetValues = 10;
const longestLabel = 500;
const fields = ["type", "level", "agentId", "subject"] as const;

type Asked = {
  deps: Deps;
  principal: UserPrincipal;
  question: string;
  given: AskedSearch | undefined;
  audit: (facts: {
    target: { kind: string; id: string; label?: string };
    details: { searched: boolean };
  }) => Promise<void>;
  signal: AbortSignal;
};

type Names = ReadonlyMap<string, string>;

async function agentNames({ database }: Deps, userId: string): Promise<Names> {
  const rows = await database
    .reads({ userId })
    .select({ id: agents.id, name: agents.name })
    .from(agents)
    .where(eq(agents.userId, userId))
    .limit(1000);
  return new Map(rows.map(({ id, name }) => [id, name]));
}

/** The names that a search may ask for, of what sent and was sent most. */
async function known({ deps, principal, signal }: Asked, names: Names) {
  const { eventQueries, searchSlots } = deps;
  const found = await searchSlots.use(principal.userId, signal, async () => {
    const everything = await eventQueries.ask(principal, { query: "" });
    return eventQueries.facets(principal.userId, everything, ["type", "agentId"], mostNamed);
  });
  const [types = [], ids = []] = found.map(({ values }) =>
    values.flatMap(({ value }) => value ?? []),
  );
  return { now: deps.now(), types, agents: ids.flatMap((id) => names.get(id) ?? []) };
}

/** What passes a search: how much, of what, and the newest of it. Nothing but a search is ever made. */
function find({ deps, principal, signal }: Asked, search: AskedSearch) {
  const { eventQueries, searchSlots } = deps;
  const { userId } = principal;
  return searchSlots.use(userId, signal, async () => {
    const question = await eventQueries.ask(principal, search);
    return {
      events: await eventQueries.newest(userId, question, askBounds.events),
      facets: await eventQueries.facets(userId, question, fields, facetValues),
    };
  });
}

const totalOf = (facets: Facets["facets"]) =>
  facets
    .find(({ field }) => field === "level")
    ?.values.reduce((sum, { count }) => sum + count, 0) ?? 0;

const named = (facets: Facets["facets"], names: Names) =>
  facets.map(({ field, values }) => ({
    field: field === "agentId" ? "agent" : field,
    values: values.map(({ value, count }) => ({
      value: (field === "agentId" && value !== null && names.get(value)) || value,
      count,
    })),
  }));

/** The given search, or the model's; both are read as one that somebody typed. */
async function searchFor(asked: Asked, model: Model, names: Names): Promise<AskedSearch> {
  const { deps, principal, question, given, signal, audit } = asked;
  const entry = (label?: string) => ({
    kind: "search",
    id: uuidv7(),
    ...(label === undefined ? {} : { label: label.slice(0, longestLabel) }),
  });
  try {
    const search = given ?? (await writeSearch(model, question, await known(asked, names), signal));
    await deps.eventQueries.ask(principal, search);
    await audit({
      target: entry([search.query, search.from, search.to].filter(Boolean).join(" ")),
      details: { searched: true },
    });
    return search;
  } catch (error) {
    await audit({ target: entry(), details: { searched: false } });
    if (given || !(error instanceof AppError) || !/^invalid_/.test(error.reason)) throw error;
    const why = `The model wrote a search that cannot be read. ${error.message}`;
    throw new AppError("model_failed", why, { cause: error });
  }
}

async function* answer(asked: Asked, model: Model): AsyncGenerator<AskMessage> {
  const { deps, principal, question, signal } = asked;
  const names = await agentNames(deps, principal.userId);
  const search = await searchFor(asked, model, names);
  yield { kind: "search", search };
  const { events, facets } = await find(asked, search);
  const lines = linesOf(events, (id) => names.get(id) ?? id);
  const total = totalOf(facets);
  yield { kind: "found", total, shown: lines.length };
  const found = { search, total, facets: named(facets, names) };
  let left: number = askBounds.answerLength;
  for await (const piece of writeAnswer(model, question, found, lines, signal)) {
    const text = piece.slice(0, left);
    left -= text.length;
    if (text !== "") yield { kind: "answer", text };
    if (left === 0) break;
  }
  yield { kind: "end", cut: left === 0 };
}

/** Whatever takes too long, the sentence is of the whole. */
async function* numbered(
  messages: AsyncGenerator<AskMessage>,
  limit: AbortSignal,
  seconds: number,
) {
  let number = 0;
  try {
    for await (const message of messages) yield tracked(String(++number), message);
  } catch (error) {
    if (!limit.aborted) throw error;
    const why = `The answer took longer than ${seconds} s.`;
    throw new AppError("model_failed", why, { cause: error });
  }
}

/**
 * Answers a question from the caller's events: a model writes a search, which is shown and made like any
 * other, then answers from what it found. The answer is text that nobody vouches for.
 */
export const ask = limited("model")
  .concat(signedIn)
  .concat(permission("events:read"))
  .input(askInput)
  .concat(auditedStream("insights.asked"))
  .subscription(async ({ ctx: { deps, principal, audit }, input, signal }) => {
    const { question, search: given, lastEventId } = input;
    const { model } = deps.config;
    if (!model) {
      throw new AppError(
        "model_not_configured",
        "No model is configured: MODEL_BASE_URL is unset.",
      );
    }
    if (lastEventId) throw new AppError("model_failed", "The connection broke off. Ask again.");
    if (!signal) throw new Error("a stream needs a signal that ends it");
    const { timeoutSeconds } = model;
    const limit = AbortSignal.timeout(timeoutSeconds * 1000);
    const ending = AbortSignal.any([signal, limit]);
    const asked = { deps, principal, question, given, audit, signal: ending };
    return numbered(answer(asked, createModel(model, deps.egress)), limit, timeoutSeconds);
  });
