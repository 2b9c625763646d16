import { z } from "zod";
import { alertKindNames, alertNotices } from "./alerts.ts";
import { apiKeyScopes } from "./api-key-scopes.ts";
import { errorReasons } from "./error-reasons.ts";
import { roles } from "./permissions.ts";
import { authenticationMethods, secondFactorMethods } from "./second-factors.ts";
import { uploadTypeNames } from "./uploads.ts";
import { uuid } from "./values.ts";
import { witnessKinds } from "./witnesses.ts";

const none = z.strictObject({});
const proved = z.strictObject({ methods: z.array(z.enum(authenticationMethods)) });
const factorChange = z.strictObject({ sessionsRevoked: z.number().int() });
const refusal = z.strictObject({
  procedure: z.string(),
  reason: z.enum(errorReasons),
  count: z.number().int().min(1),
});
const limitChange = z.strictObject({
  points: z.number().int().nullable(),
  durationSeconds: z.number().int().nullable(),
});

/** One entry names at most so many people. */
export const maxSubjects = 200;
/** Whose data was shown: the users of these ids, or anybody's who had an account then; neither where nobody's. */
const subjects = {
  subjects: z.array(uuid).max(maxSubjects).optional(),
  everyone: z.literal(true).optional(),
};

/** The keys that were destroyed; personal data under them can no longer be read. */
const keys = z.array(z.string());
/** `keys` is absent in entries of before there were keys. */
const erasure = z.strictObject({ erasureId: z.string().optional(), keys: keys.optional() });

/** How many invitations of who is no administrator any more became worthless; absent where none did. */
const invitations = { invitationsRevoked: z.number().int().optional() };

/**
 * Every action that can stand in the audit log, `resource.past_tense`, with the form of its details.
 * Details hold no personal data: addresses, names and e-mail addresses belong to the personal column.
 */
export const auditActions = {
  "setup.completed": none,
  "user.signed_up": z.strictObject({
    role: z.enum(roles),
    invited: z.boolean(),
    until: z.string().optional(),
  }),
  "user.sign_up_requested": none,
  "user.invited": z.strictObject({ role: z.enum(roles), until: z.string().optional() }),
  "user.invitation_revoked": none,
  "user.password_reset_started": none,
  "user.role_changed": z.strictObject({
    from: z.enum(roles),
    to: z.enum(roles),
    until: z.string().optional(),
    ...invitations,
  }),
  "user.role_ended": z.strictObject({ from: z.enum(roles), to: z.enum(roles) }),
  "user.disabled": z.strictObject(invitations),
  "user.enabled": none,
  "user.unlocked": none,
  "user.deleted": erasure,
  "user.factors_removed": z.strictObject({
    totp: z.boolean(),
    passkeys: z.number().int(),
    sessionsRevoked: z.number().int(),
  }),
  "user.sessions_revoked": z.strictObject({ revoked: z.number().int() }),
  "user.imported": z.strictObject({ role: z.enum(roles), hash: z.string() }),
  "account.updated": none,
  "account.password_changed": z.strictObject({ sessionsRevoked: z.number().int() }),
  "account.email_change_requested": none,
  "account.email_changed": z.strictObject({ sessionsRevoked: z.number().int() }),
  "account.email_restored": z.strictObject({ sessionsRevoked: z.number().int() }),
  "account.password_reset_requested": none,
  "account.password_reset_sent": none,
  "account.password_reset": z.strictObject({ sessionsRevoked: z.number().int() }),
  "account.password_rehashed": z.strictObject({ from: z.string() }),
  "account.locked": z.strictObject({ seconds: z.number().int() }),
  "account.unlocked": none,
  "account.codes_locked": z.strictObject({ seconds: z.number().int() }),
  "session.created": proved,
  "session.ended": none,
  "session.revoked": z.strictObject({ revoked: z.number().int() }),
  "token.issued": none,
  "token.refreshed": none,
  "token.revoked": z.strictObject({ cause: z.enum(["signed_out", "reused", "expired"]) }),
  "session.reauthenticated": proved,
  "sign_in.refused": refusal,
  "sign_in.challenged": z.strictObject({ methods: z.array(z.enum(secondFactorMethods)) }),
  "sign_in.cancelled": none,
  "totp.enabled": factorChange,
  "totp.disabled": factorChange,
  "recovery_codes.replaced": none,
  "passkey.created": factorChange,
  "passkey.renamed": none,
  "passkey.deleted": factorChange,
  "agent.created": none,
  "agent.updated": z.strictObject({ fields: z.array(z.string()) }),
  "agent.deleted": z.strictObject({ keysRevoked: z.number().int() }),
  "api_key.created": z.strictObject({
    prefix: z.string(),
    scopes: z.array(z.enum(apiKeyScopes)),
    origins: z.array(z.string()).optional(),
  }),
  "api_key.rotated": z.strictObject({
    prefix: z.string(),
    newPrefix: z.string(),
    newKeyId: z.string(),
    overlapSeconds: z.number().int(),
  }),
  "api_key.revoked": z.strictObject({ prefix: z.string() }),
  "events.retention_changed": z.strictObject({
    from: z.number().int().nullable(),
    to: z.number().int().nullable(),
  }),
  "events.exported": z.strictObject({ format: z.string() }),
  "events.export_cancelled": none,
  "events.imported": z.strictObject({ agentId: z.string(), format: z.string() }),
  "events.import_cancelled": none,
  "upload.created": z.strictObject({ type: z.enum(uploadTypeNames), bytes: z.number().int() }),
  "upload.refused": z.strictObject({ reason: z.enum(errorReasons), bytes: z.number().int() }),
  "upload.deleted": none,
  "saved_view.created": none,
  "saved_view.updated": z.strictObject({ fields: z.array(z.string()) }),
  "saved_view.deleted": none,
  "webhook.created": none,
  "webhook.updated": z.strictObject({ fields: z.array(z.string()) }),
  "webhook.secret_rotated": z.strictObject({ overlapSeconds: z.number().int() }),
  "webhook.tested": none,
  "webhook.replayed": z.strictObject({ deliveryId: z.string() }),
  "webhook.disabled": z.strictObject({ failures: z.number().int() }),
  "webhook.deleted": none,
  "alert_rule.created": none,
  "alert_rule.updated": z.strictObject({ fields: z.array(z.string()) }),
  "alert_rule.tested": none,
  "alert_rule.deleted": none,
  /** `bytes` of the file; `encrypted` is false where the operator asked for that. */
  "backup.created": z.strictObject({
    rows: z.number().int(),
    bytes: z.number().int(),
    encrypted: z.boolean(),
  }),
  /** `createdAt` is the moment that the database is of again. */
  "backup.restored": z.strictObject({ createdAt: z.string(), rows: z.number().int() }),
  "database.moved": z.strictObject({ rows: z.number().int() }),
  "witness.added": z.strictObject({ kind: z.enum(witnessKinds) }),
  "witness.removed": z.strictObject({
    kind: z.enum(witnessKinds),
    confirmedSize: z.number().int(),
  }),
  "witnessed_log.added": z.strictObject({ keys: z.array(z.string()) }),
  "witnessed_log.removed": z.strictObject({ size: z.number().int() }),
  "insights.asked": z.strictObject({ searched: z.boolean() }),
  "config.changed": z.strictObject({
    /** Values of hidden ones are null, as are those of what is not set. */
    changed: z.array(
      z.strictObject({ name: z.string(), from: z.string().nullable(), to: z.string().nullable() }),
    ),
    settings: z.record(z.string(), z.string()),
    /** Keyed hashes of the settings that are not shown. */
    hidden: z.record(z.string(), z.string()),
    /** Of each ring the fingerprints of its elements, newest first. */
    rings: z.record(z.string(), z.array(z.string())),
  }),
  "key_ring.rotated": z.strictObject({
    ring: z.string(),
    newest: z.string(),
    added: z.array(z.string()),
    removed: z.array(z.string()),
  }),
  "limit.changed": z.strictObject({ name: z.string(), from: limitChange, to: limitChange }),
  "limit.reset": z.strictObject({ name: z.string() }),
  "alert.notices_set": alertNotices,
  "alert.resolved": z.strictObject({ kind: z.enum(alertKindNames) }),
  "audit.exported": z.strictObject({
    format: z.string(),
    from: z.number().int(),
    to: z.number().int(),
    ...subjects,
  }),
  "data.erasure_requested": z.strictObject({ graceSeconds: z.number().int() }),
  "data.erasure_cancelled": none,
  "data.erased": erasure,
  "data_keys.expired": z.strictObject({ keys }),
  "data.export_requested": none,
  "data.export_downloaded": none,
  "data.read": z.strictObject({
    procedure: z.string(),
    count: z.number().int().min(1),
    ...subjects,
  }),
  "call.refused": refusal,
} as const satisfies Record<string, z.ZodType>;

export type AuditAction = keyof typeof auditActions;
export type AuditDetails<A extends AuditAction> = z.infer<(typeof auditActions)[A]>;

export const auditActionNames = Object.keys(auditActions) as [AuditAction, ...AuditAction[]];
