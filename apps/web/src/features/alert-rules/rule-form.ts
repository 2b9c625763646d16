import { createAlertRuleInput } from "@muniment/shared/alert-rules.ts";

/** What the form holds: every field, so that none has a default of its own. */
export const ruleForm = createAlertRuleInput.required();

export const windows = [1, 5, 15, 60, 360, 1440] as const;
export const cooldowns = [0, 15, 60, 360, 1440, 10_080] as const;

export const newRule = {
  name: "",
  query: "",
  threshold: 10,
  windowMinutes: 5,
  cooldownMinutes: 60,
  email: true,
  webhookIds: [] as string[],
};
export type RuleValues = typeof newRule;
