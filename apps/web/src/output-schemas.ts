import type { AppRouter } from "@muniment/api/router.ts";
import {
  addressVerified,
  linkedAccount,
  me,
  passwordWasReset,
  reauthenticated,
  resetRequested,
  signedInResult,
  signUpInfo,
  signUpResult,
  verificationSent,
} from "@muniment/shared/accounts.ts";
import { agent, agentIdInput, agentPage, deliveries } from "@muniment/shared/agents.ts";
import {
  alertFiringPage,
  alertPreview,
  alertRule,
  alertRuleIdInput,
  alertRulePage,
} from "@muniment/shared/alert-rules.ts";
import { alert, alertCounts, alertNotices, alertPage } from "@muniment/shared/alerts.ts";
import { apiKey, apiKeyPage, createdApiKey } from "@muniment/shared/api-keys.ts";
import {
  auditCheckpoint,
  auditEntry,
  auditExport,
  auditPage,
  auditTimeseries,
  consistencyProof,
  evidence,
  inclusionProof,
} from "@muniment/shared/audit-log.ts";
import {
  event,
  eventPage,
  extent,
  facets,
  receipt,
  retention,
  tailMessage,
  timeseries,
} from "@muniment/shared/events.ts";
import { eventExport, eventExportPage } from "@muniment/shared/exports.ts";
import { eventImport, eventImportPage, importRejectPage } from "@muniment/shared/imports.ts";
import { anomalyPage, askMessage, modelInfo } from "@muniment/shared/insights.ts";
import { limitItem, limitPage } from "@muniment/shared/limits.ts";
import {
  accessPage,
  certificateResult,
  erasedUser,
  eraseResult,
  erasureState,
  exportLink,
  exportPage,
  ownExport,
  processingRecord,
} from "@muniment/shared/own-data.ts";
import { posture } from "@muniment/shared/posture.ts";
import { savedView, savedViewIdInput, savedViewPage } from "@muniment/shared/saved-views.ts";
import {
  confirmedPasskey,
  confirmedTotp,
  factors,
  newRecoveryCodes,
  passkey,
  passkeyCreation,
  passkeyIdInput,
  passkeyPage,
  passkeyRequest,
  reauthenticationOptions,
  signInResult,
  totpSetUp,
} from "@muniment/shared/second-factors.ts";
import { revokedSessions, sessionPage } from "@muniment/shared/sessions.ts";
import { signInPage } from "@muniment/shared/sign-ins.ts";
import { issuedTokens } from "@muniment/shared/tokens.ts";
import { upload, uploadIdInput, uploadPage, uploadQuota } from "@muniment/shared/uploads.ts";
import {
  invitation,
  invitationPage,
  resetStarted,
  user,
  userDetails,
  userIdInput,
  userPage,
} from "@muniment/shared/users.ts";
import {
  delivery,
  deliveryIdInput,
  deliveryPage,
  webhook,
  webhookIdInput,
  webhookPage,
  webhookWithSecret,
} from "@muniment/shared/webhooks.ts";
import {
  addedWitness,
  assurance,
  checkpointPage,
  ownWitness,
  witnessedLog,
  witnessedLogIdInput,
  witnessedLogPage,
  witnessIdInput,
  witnessPage,
} from "@muniment/shared/witnesses.ts";
import type { inferRouterOutputs } from "@trpc/server";
import { z } from "zod";

const nothing = z.strictObject({});

type Outputs = inferRouterOutputs<AppRouter>;
type Schemas = { [R in keyof Outputs]: { [P in keyof Outputs[R]]: z.ZodType } };

/** What each procedure must answer. A procedure without a line here fails to compile. */
const outputSchemas = {
  setup: { status: signUpInfo, createAdmin: signedInResult },
  auth: {
    signUp: signUpResult,
    verifyEmail: addressVerified,
    requestPasswordReset: resetRequested,
    resetPassword: passwordWasReset,
    inspectLink: linkedAccount,
    signIn: signInResult,
    verifyMfa: signedInResult,
    cancelMfa: nothing,
    beginPasskeySignIn: passkeyRequest,
    passkeySignIn: signedInResult,
    beginReauthentication: reauthenticationOptions,
    signOut: nothing,
    me,
    reauthenticate: reauthenticated,
  },
  account: {
    update: me,
    changePassword: revokedSessions,
    changeEmail: verificationSent,
    confirmEmail: addressVerified,
    undoEmail: passwordWasReset,
    factors,
    beginTotp: totpSetUp,
    confirmTotp: confirmedTotp,
    disableTotp: revokedSessions,
    recoveryCodes: newRecoveryCodes,
    beginPasskey: passkeyCreation,
    confirmPasskey: confirmedPasskey,
    listPasskeys: passkeyPage,
    renamePasskey: passkey,
    removePasskey: passkeyIdInput,
    signIns: signInPage,
  },
  sessions: {
    list: sessionPage,
    revoke: revokedSessions,
    revokeAll: revokedSessions,
    revokeOthers: revokedSessions,
  },
  agents: {
    create: agent,
    list: agentPage,
    get: agent,
    update: agent,
    delete: agentIdInput,
    deliveries,
  },
  apiKeys: { create: createdApiKey, list: apiKeyPage, rotate: createdApiKey, revoke: apiKey },
  events: {
    ingest: receipt,
    search: eventPage,
    get: event,
    timeseries,
    facets,
    extent,
    retention,
    setRetention: retention,
    tail: z.strictObject({ id: z.string(), data: tailMessage }),
  },
  audit: {
    search: auditPage,
    timeseries: auditTimeseries,
    get: auditEntry,
    checkpoint: auditCheckpoint,
    consistencyProof,
    evidence,
    export: auditExport,
    inclusionProof,
  },
  data: {
    accesses: accessPage,
    cancelErasure: erasureState,
    certificate: certificateResult,
    erase: eraseResult,
    erasure: erasureState,
    exports: exportPage,
    linkExport: exportLink,
    record: processingRecord,
    requestExport: ownExport,
  },
  savedViews: {
    create: savedView,
    list: savedViewPage,
    update: savedView,
    delete: savedViewIdInput,
  },
  users: {
    list: userPage,
    get: userDetails,
    invite: invitation,
    invitations: invitationPage,
    revokeInvitation: userIdInput,
    removeFactors: user,
    startPasswordReset: resetStarted,
    sessions: sessionPage,
    revokeSession: revokedSessions,
    setRole: user,
    disable: user,
    enable: user,
    unlock: user,
    revokeSessions: revokedSessions,
    delete: erasedUser,
  },
  alertRules: {
    create: alertRule,
    list: alertRulePage,
    update: alertRule,
    delete: alertRuleIdInput,
    test: alertRuleIdInput,
    preview: alertPreview,
    history: alertFiringPage,
  },
  alerts: {
    counts: alertCounts,
    list: alertPage,
    notices: alertNotices,
    resolve: alert,
    setNotices: alertNotices,
  },
  tokens: { issue: issuedTokens, refresh: issuedTokens, revoke: nothing },
  webhooks: {
    create: webhookWithSecret,
    list: webhookPage,
    get: webhook,
    update: webhook,
    delete: webhookIdInput,
    test: deliveryIdInput,
    deliveries: deliveryPage,
    replay: delivery,
    rotateSecret: webhookWithSecret,
  },
  witnesses: {
    list: witnessPage,
    assurance,
    checkpoints: checkpointPage,
    own: ownWitness,
    logs: witnessedLogPage,
    add: addedWitness,
    remove: witnessIdInput,
    addLog: witnessedLog,
    removeLog: witnessedLogIdInput,
  },
  imports: {
    append: eventImport,
    cancel: eventImport,
    create: eventImport,
    get: eventImport,
    list: eventImportPage,
    rejects: importRejectPage,
  },
  exports: { create: eventExport, list: eventExportPage, get: eventExport, cancel: eventExport },
  uploads: {
    create: upload,
    list: uploadPage,
    get: upload,
    delete: uploadIdInput,
    quota: uploadQuota,
  },
  insights: {
    anomalies: anomalyPage,
    ask: z.strictObject({ id: z.string(), data: askMessage }),
    model: modelInfo,
  },
  posture: { get: posture },
  limits: { list: limitPage, set: limitItem, reset: limitItem },
} satisfies Schemas;

const byPath = new Map<string, z.ZodType>(
  Object.entries(outputSchemas).flatMap(([router, schemas]) =>
    Object.entries(schemas).map(([name, schema]) => [`${router}.${name}`, schema] as const),
  ),
);

/** The schema of a procedure's answer by path, `agents.list`. */
export function outputSchema(path: string): z.ZodType | undefined {
  return byPath.get(path);
}
