import type { LimitName, PrimaryLimit } from "@muniment/shared/limits.ts";
import type { PolicyMeta } from "./init.ts";

const primary: Record<PrimaryLimit, readonly LimitName[]> = {
  general: ["general_address", "general_user"],
  model: ["general_address", "model"],
  upload: ["general_address", "upload"],
  ingest: ["general_address", "general_user", "ingest_calls", "publishable_calls"],
};

const authLimits = [
  "auth_account_address",
  "auth_address",
  "auth_account",
  "auth_device",
] as const satisfies LimitName[];

/** The limits that count calls of a procedure; none where there is no such procedure. */
export function countedBy(meta: PolicyMeta | undefined): LimitName[] {
  if (!meta) return [];
  return [
    // A wrong cookie or key counts wherever it is presented.
    "credentials",
    ...(meta.limit ? primary[meta.limit] : []),
    ...(meta.authLimit ? authLimits : []),
    ...(meta.codesLimit ? (["auth_codes"] as const) : []),
    ...(meta.signUpLimit ? (["sign_up"] as const) : []),
    ...(meta.mailLimit ? (["mail"] as const) : []),
    ...(meta.eventsLimit ? (["ingest_events", "publishable_events"] as const) : []),
  ];
}
