import type { Access } from "@muniment/shared/own-data.ts";

const looks: Record<string, string> = {
  "alerts.list": "Looked at an alert about you",
  "audit.evidence": "Took evidence from the audit log that names you",
  "audit.get": "Looked at an entry of the audit log about you",
  "audit.search": "Read entries of the audit log about you",
  "audit.timeseries": "Counted entries of the audit log about you",
  "users.get": "Looked at your account",
  "users.invitations": "Looked at open invitations that you sent",
  "users.list": "Saw you in the list of users",
  "users.sessions": "Looked at where you are signed in",
};

const changes: Record<string, string> = {
  "audit.exported": "Exported entries of the audit log that name you",
  "account.locked": "Locked your account after wrong passwords",
  "account.codes_locked": "Locked your account after wrong codes",
  "account.password_rehashed": "Stored your password in a safer form",
  "account.unlocked": "Unlocked your account",
  "user.disabled": "Disabled your account",
  "user.enabled": "Enabled your account again",
  "user.factors_removed": "Removed your second factors",
  "user.imported": "Made your account from that of another system",
  "user.invited": "Invited you",
  "user.password_reset_started": "Had a link sent to you to set a new password",
  "user.role_changed": "Changed your role",
  "user.role_ended": "Your role as an auditor ended",
  "user.sessions_revoked": "Ended sessions of yours",
  "user.unlocked": "Unlocked your account",
};

const inTheLog = "entries of the audit log about so many people that you may be among them";
/** Where so many were shown that it may have been anybody. */
const broadLooks: Record<string, string> = {
  "alerts.list": "Looked at many alerts, perhaps one about you",
  "audit.timeseries": `Counted ${inTheLog}`,
  "users.get": "Looked at many accounts, perhaps yours",
  "users.invitations": "Looked at many open invitations, perhaps some that you sent",
  "users.list": "Read lists of users, in which you may be",
  "users.sessions": "Looked at where many are signed in, perhaps you",
};

/** What somebody did, in words; the audit log's own name where there are none yet. */
export function sentenceOf({
  action,
  procedure,
  everyone,
}: Pick<Access, "action" | "procedure" | "everyone">): string {
  if (everyone) {
    if (action === "audit.exported") return `Exported ${inTheLog}`;
    const known = broadLooks[procedure ?? ""];
    if (known) return known;
    if (procedure?.startsWith("audit.")) return `Read ${inTheLog}`;
    return "Looked at the data of so many people that yours may be among it";
  }
  if (action !== "data.read") return changes[action] ?? action;
  return procedure === null ? "Looked at your data" : (looks[procedure] ?? `Read ${procedure}`);
}
