import type { LimitName } from "@muniment/shared/limits.ts";

/** What each limit is counted per, in words for people. */
export const countedPer: Record<LimitName, string> = {
  general_address: "address, anonymous calls",
  general_user: "signed-in user, or API key",
  auth_account_address: "failed attempts per account and address",
  auth_address: "failed attempts per address",
  auth_account: "failed attempts per account",
  auth_device: "failed attempts per account and device where it was signed in before",
  auth_codes: "wrong codes of an app per account and, where known, device",
  credentials: "wrong tokens, keys and cookies per address",
  sign_up: "sign-ups per address",
  mail: "mails per recipient; those that strangers, the owner and administrators ask for apart",
  model: "user, with all API keys",
  upload: "user",
  ingest_calls: "calls per API key",
  ingest_events: "events per API key",
  publishable_calls: "calls per API key of pages and address",
  publishable_events: "events per API key of pages",
};
