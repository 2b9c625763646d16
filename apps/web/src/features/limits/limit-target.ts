import { type LimitName, limitNames } from "@muniment/shared/limits.ts";

/** What is counted in each class. */
export const limitMeanings = {
  general_address: "Calls without a session or key",
  general_user: "Calls of signed-in users and of API keys",
  auth_account_address: "Failed sign-ins to one account from one address",
  auth_address: "Failed sign-ins from one address",
  auth_account: "Failed sign-ins to one account",
  auth_device: "Failed sign-ins from a known device",
  auth_codes: "Wrong codes of an authenticator app",
  credentials: "Failed single-use tokens, keys and cookies",
  sign_up: "New accounts",
  mail: "Mails to one recipient",
  model: "Questions to the model",
  upload: "Uploads",
  ingest_calls: "Calls that send events",
  ingest_events: "Events sent",
  publishable_calls: "Calls of pages that send events, from one address",
  publishable_events: "Events sent by pages",
} as const satisfies Record<LimitName, string>;

export type LimitTarget = { class: LimitName; procedure?: string };

/** Reads `general_user` or `general_user:agents.create`; null for a class this page does not know. */
export function parseLimitTarget(name: string): LimitTarget | null {
  const [className, procedure] = name.split(":");
  const known = limitNames.find((one) => one === className);
  if (!known) return null;
  return procedure ? { class: known, procedure } : { class: known };
}
