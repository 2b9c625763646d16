import { z } from "zod";
import { queryText } from "./event-query/query-text.ts";
import { page, pageInput, timeInput, timestamp, uuid } from "./values.ts";

/** Levels in rising order; the stored number is the place in this list. */
export const eventLevels = ["debug", "info", "warn", "error", "critical"] as const;
export const eventLevel = z.enum(eventLevels);
export type EventLevel = (typeof eventLevels)[number];

/** All that an event may be sent with. */
export const eventFields = [
  "id",
  "type",
  "occurredAt",
  "level",
  "message",
  "subject",
  "traceId",
  "seq",
  "props",
] as const;

export const eventTypePattern = /^[a-z0-9._:-]{1,128}$/;

/** Bounds of one event; bytes are UTF-8, lengths UTF-16 units, the depth of `{}` is 1. */
export const eventBounds = {
  messageBytes: 4096,
  subjectLength: 256,
  traceIdLength: 128,
  /** Of the props as JSON without spaces, numbers written out without an exponent. */
  propsBytes: 32_768,
  propsDepth: 16,
  /** Of the whole event's JSON text: none within its bounds needs more, every character escaped and spaces to spare. */
  textLength: 262_144,
  earliest: Date.UTC(2000, 0, 1),
  futureMilliseconds: 86_400_000,
} as const;

export const batchMax = 100;

/**
 * So many events at most are looked at one by one for a chart or an extent, where neither the counts that
 * are kept with the events nor an index say what is asked: two or three seconds on two cores.
 */
export const singleEventsMax = 1_000_000;

/** Why one event of a batch was refused while its neighbours were stored. */
export const eventRejections = [
  "invalid_event",
  "unknown_field",
  "invalid_id",
  "invalid_type",
  "invalid_time",
  "invalid_level",
  "invalid_text",
  "invalid_number",
  "duplicate_key",
  "forbidden_key",
  "too_large",
  "too_deep",
  "out_of_range",
  "id_conflict",
  "event_type_not_allowed",
] as const;
export type EventRejection = (typeof eventRejections)[number];

/** The durable answer to a batch: sent = accepted + duplicates + rejected.length, always. */
export const receipt = z.strictObject({
  batchId: uuid,
  receivedAt: timestamp,
  accepted: z.number().int().min(0),
  duplicates: z.number().int().min(0),
  rejected: z.array(
    z.strictObject({
      index: z.number().int().min(0),
      reason: z.enum(eventRejections),
      message: z.string(),
    }),
  ),
});
export type Receipt = z.infer<typeof receipt>;

/** The envelope only; each event is judged alone so that one bad event never fails its neighbours. */
export const ingestInput = z.strictObject({ events: z.array(z.unknown()).min(1).max(batchMax) });

/** A stored event. Fields that were not sent are null. */
export const event = z.strictObject({
  id: uuid,
  agentId: uuid,
  type: z.string(),
  occurredAt: timestamp,
  receivedAt: timestamp,
  level: eventLevel,
  message: z.string().nullable(),
  subject: z.string().nullable(),
  traceId: z.string().nullable(),
  seq: z.number().nullable(),
  props: z.record(z.string(), z.unknown()),
});
export type Event = z.infer<typeof event>;

const typeFilter = z
  .string()
  .max(130)
  .regex(/^[a-z0-9._:-]+\*?$/, "an event type, or a prefix ending in *");

/** Text that an event can contain: no other can be compared with stored events. */
const searchText = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    .refine((text) => text.isWellFormed() && !text.includes("\0"), "contains what no event can");

const propPath = searchText(256);

/**
 * One property test; `path` is dotted (`request.status`), a number in it counts the items of an array.
 * Greater and less are asked of numbers only.
 */
export const propFilter = z.discriminatedUnion("op", [
  z.strictObject({
    op: z.literal("eq"),
    path: propPath,
    value: z.union([z.literal(""), searchText(1024), z.number(), z.boolean(), z.null()]),
  }),
  z.strictObject({ op: z.literal("exists"), path: propPath }),
  z.strictObject({ op: z.enum(["gt", "gte", "lt", "lte"]), path: propPath, value: z.number() }),
]);
export type PropFilter = z.infer<typeof propFilter>;

/** Tests of properties or, shorter, an object of the values that they have, by path. */
const propFilters = z
  .preprocess(
    (sent: PropFilter[] | Record<string, string | number | boolean | null>) =>
      typeof sent === "object" && sent !== null && !Array.isArray(sent)
        ? Object.entries(sent).map(([path, value]) => ({ op: "eq", path, value }))
        : sent,
    z.array(propFilter).min(1).max(8),
  )
  .describe(
    'or, shorter, an object of the values that they have, by path: {"request.status": 500}',
  );

/**
 * What a search, a chart, facets and a tail have in common: an event must pass all of them, and one
 * of `types` and of `levels`. `text` is a part of the message, in upper or lower case. `query` says the
 * same and more in one text, such as `type:ssh.* level>=warn -agent:web "invalid user" since:24h`.
 */
export const eventFilters = {
  agentId: uuid.optional(),
  types: z.array(typeFilter).min(1).max(32).optional(),
  levels: z.array(eventLevel).min(1).max(eventLevels.length).optional(),
  subject: searchText(eventBounds.subjectLength).optional(),
  traceId: searchText(eventBounds.traceIdLength).optional(),
  text: searchText(256).optional(),
  props: propFilters.optional(),
  query: queryText.optional(),
};
const filters = z.object(eventFilters);
export type EventFilters = z.infer<typeof filters>;

/** `from` inclusive, `to` exclusive, on occurredAt. */
export const timeRange = { from: timeInput.optional(), to: timeInput.optional() };

export const searchEventsInput = z
  .strictObject({ ...eventFilters, ...timeRange, ...pageInput })
  .optional();
export const eventPage = page(event);
export const eventIdInput = z.strictObject({ id: uuid });

export const intervals = ["1m", "5m", "15m", "1h", "6h", "1d", "7d", "30d"] as const;
export const interval = z.enum(intervals);
export type Interval = z.infer<typeof interval>;
const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
/** How long each is, shortest first. */
export const intervalMilliseconds = {
  "1m": minute,
  "5m": 5 * minute,
  "15m": 15 * minute,
  "1h": hour,
  "6h": 6 * hour,
  "1d": day,
  "7d": 7 * day,
  "30d": 30 * day,
} as const satisfies Record<Interval, number>;
export const dimensions = ["type", "level", "agentId", "subject"] as const;
/** A field to count by: one of the fixed ones, or `props.<path>`. */
export const dimension = z.union([
  z.enum(dimensions),
  z
    .string()
    .max(260)
    .regex(/^props\.[^\s.]+(?:\.[^\s.]+)*$/, "a field, or props.<path>")
    .refine((text) => text.isWellFormed() && !text.includes("\0"), "contains what no event can"),
]);

export const timeseriesInput = z.strictObject({
  ...eventFilters,
  from: timeInput,
  to: timeInput,
  interval: interval.optional(),
  by: dimension.optional(),
});
/** Under `by` of a chart: events beyond the most frequent values, and events without the field. */
export const otherValues = "…other";
export const noValue = "…none";

/** Every interval of the range is present, empty ones with count 0; at most 8 values of `by`, and the two above. */
export const timeseries = z.strictObject({
  interval,
  buckets: z.array(
    z.strictObject({
      start: timestamp,
      count: z.number().int().min(0),
      by: z.record(z.string(), z.number().int().min(0)).optional(),
    }),
  ),
});
export type Timeseries = z.infer<typeof timeseries>;

export const facetsInput = z.strictObject({
  ...eventFilters,
  ...timeRange,
  fields: z.array(dimension).min(1).max(8),
  limit: z.number().int().min(1).max(50).optional(),
});
/** Most frequent values of each field, with counts, within the filters. */
export const facets = z.strictObject({
  facets: z.array(
    z.strictObject({
      field: z.string(),
      values: z.array(z.strictObject({ value: z.string().nullable(), count: z.number().int() })),
      /** There where only so many events were counted, the newest that pass. */
      newest: z.number().int().optional(),
    }),
  ),
});
export type Facets = z.infer<typeof facets>;

export const extentInput = z.strictObject({ ...eventFilters, ...timeRange }).optional();
/** When the oldest and the newest of the matching events occurred; null when there is none. */
export const extent = z.strictObject({
  oldest: timestamp.nullable(),
  newest: timestamp.nullable(),
});
export type Extent = z.infer<typeof extent>;

const retentionDays = z.number().int().min(1).max(36_500).nullable();
/** Days that events are kept, by the user's choice and by the instance's; null: for ever. */
export const retention = z.strictObject({ days: retentionDays, instanceDays: retentionDays });
export const setRetentionInput = z.strictObject({ days: retentionDays });

/** `lastEventId` is the tracked id of the last message seen; the Last-Event-ID header says the same. */
export const tailInput = z
  .strictObject({ ...eventFilters, lastEventId: z.string().max(128).nullish() })
  .optional();
/**
 * One message of the tail: an event; a position, such as the opening one; or how many events were deleted
 * before they could be sent, whatever was asked for, null where that is not known.
 */
export const tailMessage = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("position") }),
  z.strictObject({ kind: z.literal("event"), event }),
  z.strictObject({ kind: z.literal("skipped"), count: z.number().int().min(1).nullable() }),
]);
export type TailMessage = z.infer<typeof tailMessage>;
