import { z } from "zod";
import { page, pageInput, timeInput, timestamp, uuid } from "./values.ts";

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
