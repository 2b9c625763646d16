import { z } from "zod";
import { page, pageInput } from "./values.ts";

/** A procedure belongs to exactly one of these. */
export const primaryLimits = ["general", "model", "upload", "ingest"] as const;
export type PrimaryLimit = (typeof primaryLimits)[number];

/** Everything that is counted; what each is counted per stands in `apps/api/src/limits/counted-per.ts`. */
export const limitNames = [
  "general_address",
  "general_user",
  "auth_account_address",
  "auth_address",
  "auth_account",
  "auth_device",
  "auth_codes",
  "credentials",
  "sign_up",
  "mail",
  "model",
  "upload",
  "ingest_calls",
  "ingest_events",
  "publishable_calls",
  "publishable_events",
] as const;
export type LimitName = (typeof limitNames)[number];

/** At most `points` per `durationSeconds`. */
export const limitRule = z.strictObject({
  points: z.number().int().min(1).max(1_000_000_000),
  durationSeconds: z.number().int().min(1).max(86_400),
});
export type LimitRule = z.infer<typeof limitRule>;

export const limitItem = z.strictObject({
  name: z.string(),
  countedPer: z.string(),
  rule: limitRule,
  defaultRule: limitRule.nullable(),
  changed: z.boolean(),
});
const procedurePath = z
  .string()
  .max(100)
  .regex(/^[A-Za-z]+\.[A-Za-z]+$/, "not a procedure");

export const listLimitsInput = z.strictObject(pageInput).optional();
export const limitPage = page(limitItem);
/** A class, for all it counts or for one procedure; a procedure alone means the class that mainly counts it. */
export const setLimitInput = z.strictObject({
  class: z.enum(limitNames).optional(),
  procedure: procedurePath.optional(),
  points: limitRule.shape.points,
  durationSeconds: limitRule.shape.durationSeconds,
});
export const resetLimitInput = z.strictObject({
  class: z.enum(limitNames).optional(),
  procedure: procedurePath.optional(),
});
