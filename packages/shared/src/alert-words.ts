import { type AbuseRuleName, abuseRules } from "./abuse-rules.ts";
import type { AlertKind } from "./alerts.ts";

type Words = { title: string; advice: string };

/** What each kind means, and what to do about it. */
export const alertWords = {
  ...(abuseRules as Record<AbuseRuleName, Words>),
  refresh_token_reused: {
    title: "A used refresh token came again",
    advice:
      "Somebody else may hold a program's tokens. All of them have been ended; the program must sign in again. Find out where they were kept.",
  },
  account_locked: {
    title: "Too many failed sign-ins",
    advice:
      "Attempts at this account are refused for a while. If its owner is locked out, unlock it on the page of users.",
  },
  audit_log_stopped: {
    title: "The audit log is not extended",
    advice:
      "The stored log contradicts what was signed. Somebody changed it, or an older backup was restored. Run muniment verify; entries wait meanwhile, and nothing is lost.",
  },
  audit_log_behind: {
    title: "Entries wait for their place in the audit log",
    advice:
      "They should wait less than a second. Look at the load of the server and its database; a transaction that never ends does not keep others waiting.",
  },
  audit_log_contradicted: {
    title: "A witness contradicts the audit log",
    advice:
      "A checkpoint that is kept elsewhere is not of this log. It was rewritten, or an older backup was restored. Run muniment verify with the copy of the witness before anything else.",
  },
  witnessed_log_forked: {
    title: "A log that you witness shows two faces",
    advice:
      "Its key signed two different states of the same size: it was rewritten. Tell its operator, and whoever relies on it.",
  },
  erasures_unlisted: {
    title: "A server started without a list of erasures that it could use",
    advice:
      "If a backup was restored, whoever was erased after it was made is back. Stop the server, put the newest erasures.jsonl, such as that of the machine before, into its data directory, and start it again: it erases them once more. If ENCRYPTION_KEY was rotated since the backup, start it with ENCRYPTION_KEY=<of the backup>,<newer>, by which it knows newer lines beside AUDIT_CHECKPOINT_FILE and in buckets. If this is a new node beside others, there is nothing to do.",
  },
  limits_apart: {
    title: "A node counted limits by itself",
    advice:
      "Redis did not answer it. While that lasts each node lets through by itself what all should together. Look at Redis, its memory and the way to it; the log of the node says when limits are counted in Redis again.",
  },
  posture_worsened: {
    title: "A check of the security posture fails",
    advice:
      "Something about this installation is unsafe. The page of the security posture says what, and what to do; the alert is resolved by itself when the check fails no longer.",
  },
} as const satisfies Record<AlertKind, Words>;
