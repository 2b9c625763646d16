import { z } from "zod";
import { type AbuseRuleName, abuseRules } from "./abuse-rules.ts";
import { page, pageInput, timestamp, uuid } from "./values.ts";

export const alertSeverities = ["low", "medium", "high"] as const;
export type AlertSeverity = (typeof alertSeverities)[number];

type KindFacts = { severity: AlertSeverity; details: z.ZodType };

/** What the abuse engine counted when it last looked, in the window of its rule. */
export const verdict = z.strictObject({
  /** The address, network, API key or limit that the rule is about; null where it is a user or everyone. */
  subject: z.string().nullable(),
  times: z.number().int(),
  /** Different accounts, keys or people. */
  subjects: z.number().int(),
  addresses: z.number().int(),
  /** The addresses of most, at most five. An IPv6 client is its /64. */
  from: z.array(z.string()).max(5),
  since: timestamp,
});
export type Verdict = z.infer<typeof verdict>;

/** The verdicts of the abuse engine, one kind for each of its rules. */
const verdictKinds = Object.fromEntries(
  Object.entries(abuseRules).map(([name, { severity }]) => [name, { severity, details: verdict }]),
) as Record<AbuseRuleName, { severity: AlertSeverity; details: typeof verdict }>;

/** Every kind of alert, with its severity and the form of its details. */
export const alertKinds = {
  ...verdictKinds,
  /** A refresh token that had been replaced came again: one of two holders is not the owner. */
  refresh_token_reused: { severity: "high", details: z.strictObject({ sessionId: uuid }) },
  /** Sign-in to an account is blocked, because too many attempts at it failed. */
  account_locked: { severity: "medium", details: z.strictObject({}) },
  /** A node does not extend the audit log, because it contradicts what was signed. */
  audit_log_stopped: { severity: "high", details: z.strictObject({ problem: z.string() }) },
  /** Entries wait for their place in the audit log much longer than they should. */
  audit_log_behind: { severity: "medium", details: z.strictObject({ seconds: z.number().int() }) },
  /** What is kept outside of the database is not what the audit log says of itself. */
  audit_log_contradicted: {
    severity: "high",
    details: z.strictObject({ witness: uuid, problem: z.string() }),
  },
  /** Another log that we are a witness of signed two different states of the same size. */
  witnessed_log_forked: {
    severity: "high",
    details: z.strictObject({ log: z.string(), size: z.number().int() }),
  },
  /**
   * A node began without a list of erasures, or with lists that name `foreign` accounts in lines that its
   * keys did not stamp; `known` erasures are in the database itself.
   */
  erasures_unlisted: {
    severity: "high",
    details: z.strictObject({
      known: z.number().int(),
      foreign: z.number().int().optional(),
    }),
  },
  /** Redis did not answer `node`, which counted limits by itself then: it may have let through as much again. */
  limits_apart: { severity: "medium", details: z.strictObject({ node: z.string() }) },
  /**
   * A check of the posture began to fail, on `node` where it is so of one node alone; `passedAt` when it
   * failed no longer.
   */
  posture_worsened: {
    severity: "high",
    details: z.strictObject({
      check: z.string(),
      node: z.string().optional(),
      passedAt: timestamp.nullable(),
    }),
  },
} as const satisfies Record<string, KindFacts>;

export type AlertKind = keyof typeof alertKinds;
export type AlertDetails<K extends AlertKind> = z.infer<(typeof alertKinds)[K]["details"]>;

export const alertKindNames = Object.keys(alertKinds) as [AlertKind, ...AlertKind[]];

/** An alert as administrators and auditors see it. `user` is whom it is about. */
export const alert = z.strictObject({
  id: uuid,
  kind: z.enum(alertKindNames),
  severity: z.enum(alertSeverities),
  user: z.strictObject({ id: uuid, email: z.string() }).nullable(),
  /** The API key that it is about, as long as there is that key. */
  key: z.strictObject({ id: uuid, name: z.string(), prefix: z.string() }).nullable(),
  details: z.record(z.string(), z.unknown()),
  /** How often it happened while the alert was open. */
  count: z.number().int().min(1),
  openedAt: timestamp,
  lastSeenAt: timestamp,
  resolvedAt: timestamp.nullable(),
  /** The e-mail address of who resolved it; null too when that account is gone. */
  resolvedBy: z.string().nullable(),
});
export type Alert = z.infer<typeof alert>;

export const alertState = z.enum(["open", "resolved"]);
export const listAlertsInput = z
  .strictObject({
    state: alertState.optional(),
    kinds: z.array(z.enum(alertKindNames)).min(1).max(50).optional(),
    severities: z.array(z.enum(alertSeverities)).min(1).max(3).optional(),
    ...pageInput,
  })
  .optional();
export const alertPage = page(alert);
/** How many alerts are open, by severity. */
export const alertCounts = z.strictObject({
  low: z.number().int(),
  medium: z.number().int(),
  high: z.number().int(),
});
/** `lastSeenAt` is that of the alert as it was shown: what was seen after it is not resolved unseen. */
export const resolveAlertInput = z.strictObject({ id: uuid, lastSeenAt: timestamp.optional() });

/** What an administrator is told of when it is raised, and how. */
export const alertNotices = z.strictObject({
  /** Alerts less grave than this are not told. */
  severity: z.enum(alertSeverities),
  email: z.boolean(),
  webhookIds: z.array(uuid).max(10),
});
export type AlertNotices = z.infer<typeof alertNotices>;

/** What holds for administrators who have chosen nothing. */
export const defaultAlertNotices: AlertNotices = { severity: "high", email: true, webhookIds: [] };
