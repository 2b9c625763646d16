import { z } from "zod";
import { batchMax, eventBounds, eventLevel, eventTypePattern } from "./events.ts";

/**
 * An event as an agent sends it, for descriptions and types. The server judges with a parser of its
 * own, which also sees what parsing JSON loses; `openapi.test.ts` holds the two together.
 */
export const sentEvent = z.strictObject({
  id: z
    .string()
    .regex(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    .optional()
    .describe(
      "UUIDv7 in lower case, the idempotency key: sent again with the same content it is a duplicate, with other content it is rejected. The server makes one where it is absent, and then a repeated call creates the event twice.",
    ),
  type: z
    .string()
    .regex(eventTypePattern)
    .describe("What kind of thing happened, from general to particular."),
  occurredAt: z.iso
    .datetime({ offset: true })
    .optional()
    .describe(
      "RFC 3339 with at most milliseconds, from the year 2000 to 24 hours from now. Absent: when the server received it.",
    ),
  level: eventLevel.optional().describe("Absent: info."),
  message: z
    .string()
    .max(eventBounds.messageBytes)
    .optional()
    .describe(`At most ${eventBounds.messageBytes} bytes of UTF-8.`),
  subject: z
    .string()
    .max(eventBounds.subjectLength)
    .optional()
    .describe("What it is about, such as user:42."),
  traceId: z
    .string()
    .max(eventBounds.traceIdLength)
    .optional()
    .describe("Ties together what belongs to one operation."),
  seq: z
    .int()
    .min(0)
    .optional()
    .describe("The agent's own counter, by which gaps in what it sent are seen."),
  props: z
    .record(z.string(), z.unknown())
    .optional()
    .describe(
      `Anything else, at most ${eventBounds.propsBytes} bytes and ${eventBounds.propsDepth} levels deep. Every number must survive being read as a double.`,
    ),
});
export type SentEvent = z.input<typeof sentEvent>;

/** A call of `POST /api/v1/events`. */
export const sentBatch = z.strictObject({
  events: z
    .array(sentEvent)
    .min(1)
    .max(batchMax)
    .describe("Each event is judged by itself: one that is refused never fails its neighbours."),
});
