import type { ExportedEntry } from "./exported-entry.ts";

/** Of the Open Cybersecurity Schema Framework, https://schema.ocsf.io/1.3.0. */
export const ocsfVersion = "1.3.0";

const authenticationClass = 3002;
const apiActivityClass = 6003;

/** Activities of the class Authentication, by our actions. */
const authentication: Record<string, number> = {
  "session.created": 1,
  "token.issued": 1,
  "sign_in.refused": 1,
  "session.ended": 2,
  "session.revoked": 2,
  "token.revoked": 2,
  "user.sessions_revoked": 2,
  "session.reauthenticated": 99,
  "sign_in.challenged": 99,
  "sign_in.cancelled": 99,
  "token.refreshed": 99,
};

/** Activities of the class API Activity: create, read, update, delete. */
const activities: [RegExp, number][] = [
  [/_?(?:created|added|signed_up|invited|imported|issued)$/, 1],
  [/_?(?:read|exported|downloaded)$/, 2],
  [/_?(?:deleted|removed|erased|revoked|expired)$/, 4],
];

const severities: Record<string, number> = { success: 1, refused: 2, failed: 3 };
const userTypes: Record<string, number> = { user: 1, system: 3, anonymous: 0, apiKey: 99 };

const userOf = ({ kind, id, label }: ExportedEntry["actor"]) => ({
  ...(id ? { uid: id } : {}),
  name: label ?? kind,
  ...(kind === "user" && label ? { email_addr: label } : {}),
  type_id: userTypes[kind] ?? 99,
  ...(kind === "apiKey" ? { type: "API key" } : {}),
});

/** Who signs in: the one who acted, or whom somebody unknown tried to be. */
function authenticating({ actor, target }: ExportedEntry) {
  if (actor.kind !== "anonymous" || !target) return userOf(actor);
  if (target.kind === "user") return userOf(target);
  return { ...userOf(actor), ...(target.label ? { name: target.label } : {}) };
}

/** One of several, or of none that has an id, is named by its kind: a resource must have a name or an id. */
const resourceOf = ({ kind, id, label }: NonNullable<ExportedEntry["target"]>) => ({
  type: kind,
  ...(id ? { uid: id } : {}),
  ...(label || !id ? { name: label ?? kind } : {}),
});

/** An entry as an event of OCSF: sign-ins as Authentication [3002], all else as API Activity [6003]. */
export function toOcsf(entry: ExportedEntry, origin: string): Record<string, unknown> {
  const { action, actor, target, outcome, address, userAgent, requestId, details } = entry;
  const { reason } = details;
  const ofAuthentication = authentication[action];
  const isAuthentication = ofAuthentication !== undefined;
  const activity =
    ofAuthentication ?? activities.find(([pattern]) => pattern.test(action))?.[1] ?? 3;
  const classId = isAuthentication ? authenticationClass : apiActivityClass;
  const source = address ? { ip: address } : { name: actor.kind };
  return {
    activity_id: activity,
    ...(activity === 99 ? { activity_name: action } : {}),
    category_uid: isAuthentication ? 3 : 6,
    class_uid: classId,
    type_uid: classId * 100 + activity,
    time: Date.parse(entry.at),
    severity_id: severities[outcome] ?? 0,
    status_id: outcome === "success" ? 1 : 2,
    status: outcome === "success" ? "Success" : "Failure",
    status_code: outcome,
    ...(typeof reason === "string" ? { status_detail: reason } : {}),
    metadata: {
      version: ocsfVersion,
      product: { name: "Muniment", vendor_name: "Muniment" },
      log_name: origin,
      uid: entry.id,
      sequence: entry.index,
      ...(requestId ? { correlation_uid: requestId } : {}),
    },
    src_endpoint: source,
    ...(userAgent ? { http_request: { user_agent: userAgent } } : {}),
    ...(isAuthentication
      ? { user: authenticating(entry), service: { name: "Muniment", uid: origin } }
      : { actor: { user: userOf(actor) } }),
    ...(isAuthentication
      ? {}
      : { api: { operation: action, ...(requestId ? { request: { uid: requestId } } : {}) } }),
    ...(target && !isAuthentication ? { resources: [resourceOf(target)] } : {}),
    unmapped: { action, details, leaf_hash: entry.leafHash },
  };
}
