import type { Access } from "@muniment/shared/own-data.ts";

const looks: Record<string, string> = {
  "alerts.list": "Looked at an alert about you",
  "audit.evidence": "Took evidence from the audit log that names you",
  "audit.get": "Looked at an entry of the audit log about you",
  "audit.search": "Read entries of the audit log about you",
  "audit.timeseries": "Counted entries of the audit log about you",
  "users.get": "Looked at your account",
  "users.invitations": "Looked at your invitation",
  "users.list": "Saw you in the list of users",
  "users.sessions": "Looked at where you are signed in",
};

const changes: Record<string, string> = {
  "user.disabled": "Disabled your account",
  "user.enabled": "Enabled your account again",
  "user.factors_removed": "Removed your second factors",
  "user.invited": "Invited you",
  "user.password_reset_started": "Had a link sent to you to set a new password",
  "user.role_changed": "Changed your role",
  "user.role_ended": "Your role as an auditor ended",
  "user.sessions_revoked": "Ended sessions of yours",
  "user.unlocked": "Unlocked your account",
};

/** What somebody did, in words; the audit log's own name where there are none yet. */
export function sentenceOf({ action, procedure }: Pick<Access, "action" | "procedure">): string {
  if (action !== "data.read") return changes[action] ?? action;
  return procedure === null ? "Looked at your data" : (looks[procedure] ?? `Read ${procedure}`);
}
