import { z } from "zod";
import { readableQuery } from "./event-query/readable-query.ts";
import { name, page, pageInput, timeInput, timestamp, uuid } from "./values.ts";

export const maxAlertRules = 50;

/** A search without times, which the rule has of its own. */
const query = readableQuery((parsed) => {
  const terms = parsed.kind === "and" ? parsed.parts : [parsed];
  return terms.some(({ kind }) => kind === "time") ? "a rule has its own time" : undefined;
});

const minutes = z.number().int().min(1).max(1440);

/** What a rule says: tell when more than `threshold` events of `query` arrive within `windowMinutes`. */
const ruleFields = {
  name,
  query,
  threshold: z.number().int().min(0).max(1_000_000),
  windowMinutes: minutes,
  /** After a notice no further one is sent for so long. */
  cooldownMinutes: z.number().int().min(0).max(10_080),
  email: z.boolean(),
  webhookIds: z.array(uuid).max(10),
};

export const alertRuleStates = ["ok", "firing"] as const;

export const alertRule = z.strictObject({
  id: uuid,
  name: z.string(),
  query: z.string(),
  threshold: z.number().int(),
  windowMinutes: z.number().int(),
  cooldownMinutes: z.number().int(),
  email: z.boolean(),
  webhookIds: z.array(uuid),
  enabled: z.boolean(),
  mutedUntil: timestamp.nullable(),
  state: z.enum(alertRuleStates),
  /** Since when it fires; null while it does not. */
  firingSince: timestamp.nullable(),
  lastNoticeAt: timestamp.nullable(),
  /** How many events were in the window when it was last looked at. */
  lastCount: z.number().int(),
  /** Why the rule cannot be judged now, such as an agent that is gone. */
  problem: z.string().nullable(),
  createdAt: timestamp,
  updatedAt: timestamp,
});
export type AlertRule = z.infer<typeof alertRule>;

export const createAlertRuleInput = z.strictObject({
  ...ruleFields,
  cooldownMinutes: ruleFields.cooldownMinutes.default(60),
  email: ruleFields.email.default(true),
  webhookIds: ruleFields.webhookIds.default([]),
});
export const updateAlertRuleInput = z
  .strictObject({
    id: uuid,
    name: ruleFields.name.optional(),
    query: ruleFields.query.optional(),
    threshold: ruleFields.threshold.optional(),
    windowMinutes: ruleFields.windowMinutes.optional(),
    cooldownMinutes: ruleFields.cooldownMinutes.optional(),
    email: ruleFields.email.optional(),
    webhookIds: ruleFields.webhookIds.optional(),
    enabled: z.boolean().optional(),
    mutedUntil: timeInput.nullable().optional(),
  })
  .refine(({ id: _, ...changes }) => Object.values(changes).some((value) => value !== undefined), {
    message: "nothing to change",
  });
export const listAlertRulesInput = z.strictObject(pageInput).optional();
export const alertRulePage = page(alertRule);
export const alertRuleIdInput = z.strictObject({ id: uuid });

/** From when a rule fired until it was resolved. */
export const alertFiring = z.strictObject({
  id: uuid,
  ruleId: uuid,
  openedAt: timestamp,
  resolvedAt: timestamp.nullable(),
  threshold: z.number().int(),
  windowMinutes: z.number().int(),
  /** Events in the window when it began, and at most while it lasted. */
  count: z.number().int(),
  peak: z.number().int(),
  /** Whether anybody was told: not while muted or within the cool-down. */
  notified: z.boolean(),
});
export type AlertFiring = z.infer<typeof alertFiring>;
export const alertHistoryInput = z.strictObject({ id: uuid, ...pageInput });
export const alertFiringPage = page(alertFiring);

export const previewAlertRuleInput = z.strictObject({
  query,
  threshold: ruleFields.threshold,
  windowMinutes: minutes,
});
/** How many such events arrived in the window that ends now; `capped`: there are more than were counted. */
export const alertPreview = z.strictObject({
  count: z.number().int(),
  capped: z.boolean(),
  fires: z.boolean(),
});
