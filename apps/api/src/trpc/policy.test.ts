import { can, type Permission, type Role, roles } from "@muniment/shared/permissions.ts";
import { describe, expect, test } from "vitest";
import { toAppError } from "../errors.ts";
import { procedures } from "../http/procedures.ts";
import type { ApiKeyPrincipal, Principal, UserPrincipal } from "../identity/principal.ts";
import type { Context } from "./context.ts";
import type { PolicyMeta } from "./init.ts";

/** Mutations without an audit action, each with its reason. */
const unaudited: Record<string, string> = {
  "account.beginPasskey": "changes nothing until the passkey is confirmed",
  "account.beginTotp": "changes nothing until a code is confirmed",
  "auth.beginPasskeySignIn": "names nobody; the sign-in is its trace",
  "auth.inspectLink": "changes nothing; what the link does is its trace",
  "auth.beginReauthentication": "changes nothing until it is answered",
  "events.ingest": "receipts and counters are its trace",
  "imports.append": "the file was announced by imports.create, which is its trace",
};

/** Procedures that nobody needs to be signed in for, each with what protects it instead. */
const open: Record<string, string> = {
  "account.confirmEmail": "the one-time link",
  "account.undoEmail": "the one-time link",
  "auth.beginPasskeySignIn": "a random challenge that names nobody",
  "auth.cancelMfa": "the challenge",
  "auth.inspectLink": "the one-time link",
  "auth.passkeySignIn": "the passkey's signature",
  "auth.requestPasswordReset": "mail limit; every address is answered alike",
  "auth.resetPassword": "the one-time link",
  "auth.signIn": "auth limits",
  "auth.signUp": "sign-up policy and limit",
  "auth.verifyEmail": "the one-time link; auth limits on its password",
  "auth.verifyMfa": "the challenge and auth limits",
  "data.certificate": "its random id",
  "setup.createAdmin": "the one-time link",
  "tokens.issue": "auth limits",
  "tokens.refresh": "the refresh token",
  "tokens.revoke": "the refresh token",
  "setup.status": "tells only which page to show",
};

/** What auditors and administrators may read that shows nobody's data, each with what it shows. */
const impersonal: Record<string, string> = {
  "alerts.counts": "how many alerts are open, of each severity",
  "audit.checkpoint": "sizes, hashes and signatures",
  "audit.consistencyProof": "hashes",
  "audit.inclusionProof": "hashes",
  "posture.get": "findings and numbers, of nobody",
  "witnesses.assurance": "sizes",
  "witnesses.checkpoints": "sizes, hashes and signatures",
  "witnesses.list": "settings; a mailbox is one of them",
  "witnesses.logs": "names and keys of logs",
  "witnesses.own": "public keys",
};

/** Changes that need a fresh authentication, by kind (ASVS 5.0, V7.5): what a thief of a session wants. */
const sensitive: Record<string, RegExp> = {
  "a key or secret is made": /^apiKeys\.(?:create|rotate)$|^webhooks\.create$|\.rotateSecret$/,
  "data leaves": /export(?!s\.cancel$)/i,
  "a factor changes": /^account\..*(?:totp|passkey|recovery|factor|authenticator)/i,
  "the e-mail address changes": /^account\.changeEmail/,
  "factors of another are removed": /^users\..*factor/i,
  "a role is given": /^users\.(?:setRole|invite)$/,
  "a person is erased": /^users\.delete$|^data\.erase$/,
  "sessions of one's own end": /^sessions\.revoke/,
  "limits change": /^limits\./,
  "events are brought in without a key": /^imports\.create$/,
  "notices go elsewhere": /^webhooks\.update$/,
  "notices of alerts end": /^alerts\.setNotices$/,
};

/** Those that ask otherwise, each with how. */
const provenOtherwise: Record<string, string> = {};

const all = [...procedures.values()].sort((a, b) => (a.path < b.path ? -1 : 1));

/** The steps of a procedure, in order, by the names of their functions. */
function stepsOf(path: string): string[] {
  const definition = procedureDefinition(path);
  return definition.middlewares.map((step) => (step._type ?? step.name) || "step");
}

type Definition = { middlewares: (((...args: never[]) => unknown) & { _type?: string })[] };

function procedureDefinition(path: string): Definition {
  const found = procedures.get(path);
  if (!found) throw new Error(path);
  return found.definition as Definition;
}

function limitsOf(meta: PolicyMeta | undefined): string {
  const extra = [
    meta?.authLimit && "auth",
    meta?.codesLimit && "codes",
    meta?.credentialsLimit && "credentials",
    meta?.signUpLimit && "sign-up",
    meta?.mailLimit && "mail",
    meta?.eventsLimit && "events",
  ];
  return [meta?.limit, ...extra].filter(Boolean).join("+");
}

function tableLine(path: string): string {
  const { type, meta } = procedures.get(path) ?? {};
  const columns = [
    path,
    type,
    meta?.auth,
    [meta?.permission ?? "-", meta?.whileEnrolling && "while enrolling"].filter(Boolean).join(", "),
    limitsOf(meta),
    meta?.recentAuthentication ? "step-up" : "-",
    meta?.audit?.join(",") ?? unaudited[path] ?? (meta?.readsOthers ? "data.read" : "-"),
  ];
  return columns.join(" | ");
}

describe("the policy of every procedure", () => {
  test("is this table", async () => {
    const table = all.map(({ path }) => tableLine(path)).join("\n");
    await expect(`${table}\n`).toMatchFileSnapshot("./policy-table.txt");
  });

  test.each(all.map(({ path }) => path))("%s states authentication, limit and output", (path) => {
    const { meta } = procedures.get(path) ?? {};
    expect(meta?.auth, "authentication").toBeDefined();
    expect(meta?.limit, "limit").toBeDefined();
    const isStream = procedures.get(path)?.type === "subscription";
    if (!isStream) expect(stepsOf(path)).toContain("output");
    if (meta?.auth === "anyone") expect(open).toHaveProperty([path]);
    else expect(meta?.permission, "permission").toBeDefined();
  });

  test.each(all.filter(({ type }) => type === "mutation").map(({ path }) => path))(
    "%s leaves an audit entry, or stands on the list of reasons",
    (path) => {
      const audited = procedures.get(path)?.meta.audit !== undefined;
      expect(audited).toBe(!(path in unaudited));
    },
  );

  test("what shows others' data to auditors and administrators is entered in the audit log", () => {
    const forThem = all.filter(
      ({ type, meta }) =>
        type !== "mutation" && /^(?:users|audit|alerts|posture):read$/.test(meta.permission ?? ""),
    );
    const untraced = forThem.filter(({ meta }) => !meta.readsOthers).map(({ path }) => path);
    expect(untraced).toEqual(Object.keys(impersonal));
  });

  test.each(Object.entries(sensitive))(
    "needs a fresh authentication where %s (V7.5.1, V7.5.2, V7.5.3)",
    (_, pattern) => {
      const changes = all.filter(({ path, type }) => type === "mutation" && pattern.test(path));
      const lacking = changes.filter(
        ({ path, meta }) => !meta.recentAuthentication && !(path in provenOtherwise),
      );
      expect(lacking.map(({ path }) => path)).toEqual([]);
    },
  );

  test.each(all.map(({ path }) => path))("%s keeps the order of the chain", (path) => {
    const rank: Record<string, number> = {
      recordRefusals: 0,
      limitCalls: 1,
      requireSession: 2,
      requireApiKey: 2,
      requireSessionOrApiKey: 2,
      allowAnyone: 2,
      requirePermission: 3,
      requireRecentAuthentication: 4,
      waitForTurn: 5,
      takeSlot: 5,
      recordRead: 6,
      auditChange: 6,
      auditStream: 6,
      output: 7,
    };
    const steps = stepsOf(path);
    const ranks = steps.flatMap((step) => rank[step] ?? []);
    expect(ranks).toEqual([...ranks].sort((a, b) => a - b));
    expect(steps[0]).toBe("recordRefusals");
    expect(steps[1]).toBe("limitCalls");
    // A refused caller learns nothing of the schema: the whole input is read after the permission.
    const lastRefusal = Math.max(steps.indexOf("requirePermission"), steps.indexOf("allowAnyone"));
    const lastInput = steps.lastIndexOf("input");
    if (lastInput >= 0) expect(lastInput).toBeGreaterThan(lastRefusal);
  });
});

const ids = { userId: "01890000-0000-7000-8000-000000000001" };

const userWith = (role: Role): UserPrincipal => ({
  kind: "user",
  via: "browser",
  ...ids,
  email: "someone@example.org",
  displayName: "Someone",
  role,
  createdAt: new Date(),
  retentionDays: null,
  secondFactor: false,
  sessionId: "0".repeat(64),
  sessionPublicId: ids.userId,
  authenticatedAt: new Date(),
});

const keyWith = (scopes: ApiKeyPrincipal["scopes"]): ApiKeyPrincipal => ({
  kind: "apiKey",
  ...ids,
  role: "member",
  agentId: ids.userId,
  keyId: ids.userId,
  prefix: "mnt_00000000",
  scopes,
  allowedCidrs: [],
  retentionDays: null,
  eventTypes: [],
  origins: [],
});

/** A context in which every step up to the input can run, and nothing behind it. */
function contextOf(principal: Principal, requireMfa: readonly Role[] = []): Context {
  const allow = async () => ({
    name: "test",
    rule: { points: 1, durationSeconds: 1 },
    allowed: true,
    remaining: 1,
    resetSeconds: 1,
    giveBack: async () => {},
  });
  const beyond = new Proxy(
    {},
    {
      get: () => () => {
        throw new Error("reached the handler");
      },
    },
  );
  return {
    deps: {
      searchSlots: { use: (_user: string, _signal: AbortSignal, work: () => unknown) => work() },
      uploadSlots: { use: (_user: string, work: () => unknown) => work() },
      limits: { consume: allow, rule: () => ({}) },
      refusals: { record: () => {} },
      config: {
        publicUrl: new URL("http://127.0.0.1:3000"),
        corsOrigins: [],
        signUp: "open",
        requireMfa,
      },
      now: () => new Date(),
      database: beyond,
    } as unknown as Context["deps"],
    request: {
      id: "request",
      address: "192.0.2.1",
      userAgent: "",
      origin: "http://127.0.0.1:3000",
      secFetchSite: undefined,
      cookieToken: undefined,
      hasSeveralCredentials: false,
      deviceTokens: [],
      bearer: undefined,
      method: "POST",
      route: "/trpc/*",
      traceparent: undefined,
      signal: new AbortController().signal,
    },
    response: { cookies: [], limits: [] },
    sendingMilliseconds: 0,
    identify: async () => principal,
    policyOf: (path) => procedures.get(path)?.meta,
  };
}

/** The refusal of a call without input, or null when the caller got past authentication and permission. */
async function refusalOf(
  path: string,
  principal: Principal,
  requireMfa: readonly Role[] = [],
): Promise<string | null> {
  try {
    await procedures
      .get(path)
      ?.call(
        contextOf(principal, requireMfa),
        async () => undefined,
        new AbortController().signal,
        0,
      );
    return null;
  } catch (error) {
    const { code, reason } = toAppError(error);
    return code === "UNAUTHORIZED" || code === "FORBIDDEN" ? reason : null;
  }
}

describe("the role matrix", () => {
  test.each(all.map(({ path }) => path))("%s refuses whom it does not name", async (path) => {
    const { auth, permission } = procedures.get(path)?.meta ?? {};
    if (auth === "anyone") {
      expect(await refusalOf(path, { kind: "anonymous" })).toBeNull();
      return;
    }
    expect(await refusalOf(path, { kind: "anonymous" })).toBe("not_signed_in");
    for (const role of roles) {
      const refusal = await refusalOf(path, userWith(role));
      if (auth === "apiKey") expect(refusal).toBe("not_signed_in");
      else expect(refusal).toBe(can(role, permission as Permission) ? null : "not_permitted");
    }
    const scoped = await refusalOf(path, keyWith(["events:write", "events:read"]));
    const isScope = permission === "events:write" || permission === "events:read";
    if (auth === "session") expect(scoped).toBe("not_signed_in");
    else expect(scoped).toBe(isScope ? null : "missing_scope");
    if (auth !== "session") expect(await refusalOf(path, keyWith([]))).toBe("missing_scope");
  });
});

test("an auditor changes nothing but what is their own", () => {
  const changes = all.filter(
    ({ type, meta }) => type === "mutation" && meta.permission && can("auditor", meta.permission),
  );
  const own = /^(?:account|auth|data|sessions|savedViews|exports)\./;
  expect(changes.map(({ path }) => path).filter((path) => !own.test(path))).toEqual([
    // Makes a file of what they may read.
    "audit.export",
    // Of their own events.
    "events.setRetention",
  ]);
});

test("V6.3.6 a session is started by a proof of the person, never by a link of a mail alone", () => {
  const starting = all.filter(({ meta }) => meta.setsSession).map(({ path }) => path);
  expect(starting).toEqual([
    "auth.passkeySignIn",
    "auth.signIn",
    // Somebody new, with the password that they choose.
    "auth.signUp",
    "auth.verifyMfa",
    "setup.createAdmin",
  ]);
});

describe("where a role may not do without a second factor", () => {
  test.each(all.map(({ path }) => path))(
    "V6.3.3 %s refuses who has none, unless it sets one up",
    async (path) => {
      const { auth, permission, whileEnrolling } = procedures.get(path)?.meta ?? {};
      if (auth === "anyone" || auth === "apiKey") return;
      if (!can("admin", permission as Permission)) throw new Error("an administrator may do all");
      const expected = whileEnrolling ? null : "mfa_enrollment_required";
      expect(await refusalOf(path, userWith("admin"), ["admin"])).toBe(expected);
      const enrolled = { ...userWith("admin"), secondFactor: true };
      expect(await refusalOf(path, enrolled, ["admin"])).toBeNull();
      expect(await refusalOf(path, userWith("admin"), ["auditor"])).toBeNull();
    },
  );

  test("V6.3.3 there is nothing to do but to set one up, or to leave", () => {
    const left = all.filter(({ meta }) => meta.whileEnrolling).map(({ path }) => path);
    expect(left).toEqual([
      "account.beginPasskey",
      "account.beginTotp",
      "account.confirmPasskey",
      "account.confirmTotp",
      "account.factors",
      "account.listPasskeys",
      "auth.beginReauthentication",
      "auth.me",
      "auth.reauthenticate",
      "auth.signOut",
    ]);
  });
});
