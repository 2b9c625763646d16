import { z } from "zod";
import { queryText } from "./event-query/query-text.ts";
import { boundedText, page, pageInput, timeInput, timestamp, uuid } from "./values.ts";

/** Bounds of one look for anomalies. */
export const anomalyBounds = {
  /** Looked at without `from`, and at most. */
  days: 7,
  maxDays: 31,
  /** Days before, which say what is usual. */
  historyDays: 28,
  /** Series of one agent and type that are looked at: those with the most events. */
  maxSeries: 200,
} as const;

const eventType = z
  .string()
  .max(128)
  .regex(/^[a-z0-9._:-]+$/, "an event type");

/** `from` and `to` bound the hours that are judged, not those they are compared with. */
export const anomaliesInput = z
  .strictObject({
    from: timeInput.optional(),
    to: timeInput.optional(),
    agentId: uuid.optional(),
    type: eventType.optional(),
    ...pageInput,
  })
  .optional();

/** `fewer` includes none at all; `new` is a type that its agent had not sent before. */
export const anomalyDirections = ["more", "fewer", "new"] as const;
export type AnomalyDirection = (typeof anomalyDirections)[number];

/**
 * Hours of one agent and type that stand out. `start` to `end` is all of it, `at` and the `hours` after
 * it the part that stands out most: `count` events, where `low` to `high` would be usual. `score` is the
 * distance from the usual in widths of the usual spread; what is listed has at least 5.
 */
export const anomaly = z.strictObject({
  agentId: uuid,
  type: z.string(),
  direction: z.enum(anomalyDirections),
  start: timestamp,
  end: timestamp,
  at: timestamp,
  hours: z.number().int().min(1),
  count: z.number().int().min(0),
  low: z.number().int().min(0),
  high: z.number().int().min(0),
  score: z.number().min(0),
  explanation: z.string(),
});
export type Anomaly = z.infer<typeof anomaly>;
export const anomalyPage = page(anomaly);

/** Bounds of one question; lengths are UTF-16 units. */
export const askBounds = {
  questionLength: 500,
  answerLength: 8000,
  /** Events that are sent to the model, and all that is sent with them. */
  events: 40,
  sentLength: 24_000,
  outputTokens: 800,
} as const;

const search = {
  query: queryText,
  from: timeInput.optional(),
  to: timeInput.optional(),
};
/** A search that a question is answered from: of all there is where no time is named. */
export const askedSearch = z.strictObject(search);
export type AskedSearch = z.infer<typeof askedSearch>;

/** With `search`, that one is made instead of one that the model writes. */
export const askInput = z.strictObject({
  question: boundedText(askBounds.questionLength, { multiline: true })
    .transform((text) => text.trim())
    .pipe(z.string().min(1)),
  search: askedSearch.optional(),
  /** Whoever comes back after the connection broke off is refused: the question would be paid for again. */
  lastEventId: z.string().max(128).nullish(),
});

/** One message of an answer, in this order; `answer` as often as there is more of it. */
export const askMessage = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("search"), search: askedSearch }),
  z.strictObject({
    kind: z.literal("found"),
    /** Events that pass, and how many of them the model is given. */
    total: z.number().int().min(0),
    shown: z.number().int().min(0),
  }),
  z.strictObject({ kind: z.literal("answer"), text: z.string() }),
  /** `cut` when the model was stopped at the longest answer. */
  z.strictObject({ kind: z.literal("end"), cut: z.boolean() }),
]);
export type AskMessage = z.infer<typeof askMessage>;

/** Which model answers, and the host that what is asked is sent to; null where none is configured. */
export const modelInfo = z.strictObject({
  model: z.strictObject({ name: z.string(), host: z.string() }).nullable(),
});
export type ModelInfo = z.infer<typeof modelInfo>;
