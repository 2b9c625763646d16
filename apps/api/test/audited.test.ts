import { agents } from "@muniment/db/schema/agents.ts";
import { v7 as uuidv7 } from "uuid";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { raiseAlert } from "../src/alerts/raise.ts";
import { AppError } from "../src/errors.ts";
import { createLinkToken } from "../src/identity/link-token.ts";
import { audited } from "../src/trpc/audited.ts";
import type { Context } from "../src/trpc/context.ts";
import { procedure, router } from "../src/trpc/init.ts";
import { breaking } from "./breaking.ts";
import { callerOf } from "./caller.ts";
import { type Answer, createClient } from "./client.ts";
import { must, startTestServer, type TestServer, type UserClient } from "./harness.ts";
import { growLog } from "./log-growth.ts";
import { enrollTotp, totpApp } from "./totp-app.ts";
import { uploadFile } from "./upload.ts";

let server: TestServer;
let member: UserClient;
let admin: UserClient;
beforeAll(async () => {
  server = await startTestServer({ env: { SIGN_UP: "open" } });
  member = await server.member();
  admin = await server.user("admin");
});
afterAll(() => server.stop());

const entries = async (action: string) =>
  Number(
    (await server.owner`select count(*) from audit_entries where action = ${action}`)[0]?.count,
  );
const named = async (name: string) =>
  Number((await server.owner`select count(*) from agents where name = ${name}`)[0]?.count);

/** A context as a member's call has it. */
function contextOf(): Context {
  const caller = callerOf(member, "member");
  return {
    deps: server.deps,
    response: { cookies: [], limits: [] },
    sendingMilliseconds: 0,
    identify: async () => caller.principal,
    policyOf: () => undefined,
    ...caller,
  };
}

type Act = (
  write: () => Promise<unknown>,
  audit: () => Promise<void>,
  after: (act: () => void) => void,
  commitAndRefuse: (error: AppError) => never,
) => Promise<unknown>;

/** One mutation that inserts an agent of this name, and does in its handler what `act` says. */
function mutation(name: string, act: Act) {
  const created = procedure
    .concat(audited("agent.created"))
    .output(z.object({ done: z.boolean() }));
  const routed = router({
    run: created.mutation(async ({ ctx: { tx, audit, afterCommit, commitAndRefuse } }) => {
      const id = uuidv7();
      const row = { id, userId: member.id, name, description: "", createdAt: new Date() };
      const write = () => tx.insert(agents).values({ ...row, environment: "production" });
      const entry = () => audit({ target: { kind: "agent", id } });
      const answer = await act(write, entry, afterCommit, commitAndRefuse);
      return answer as { done: boolean };
    }),
  });
  return routed.createCaller(contextOf()).run();
}

describe("an audited change", () => {
  test("commits with its entry, and only then does what waits for the commit", async () => {
    const before = await entries("agent.created");
    const seen: string[] = [];
    const result = await mutation("kept", async (write, audit, after) => {
      await write();
      await audit();
      after(() => seen.push("after"));
      seen.push("handler");
      return { done: true };
    });
    expect(result).toEqual({ done: true });
    expect(seen).toEqual(["handler", "after"]);
    expect([await named("kept"), await entries("agent.created")]).toEqual([1, before + 1]);
  });

  test("that is to be refused and kept is both", async () => {
    const before = await entries("agent.created");
    let ran = false;
    const refused = mutation("refused", async (write, audit, after, commitAndRefuse) => {
      await write();
      await audit();
      after(() => {
        ran = true;
      });
      return commitAndRefuse(new AppError("invalid_token", "Used."));
    });
    await expect(refused).rejects.toMatchObject({ reason: "invalid_token" });
    expect([await named("refused"), await entries("agent.created"), ran]).toEqual([
      1,
      before + 1,
      true,
    ]);
  });

  const failures: [string, Act][] = [
    [
      "is to be kept, but writes no entry",
      async (write, _audit, _after, commitAndRefuse) => {
        await write();
        return commitAndRefuse(new AppError("invalid_token", "Used."));
      },
    ],
    [
      "throws after its change",
      async (write) => write().then(() => Promise.reject(new Error("late"))),
    ],
    [
      "throws after its change and its entry",
      async (write, audit) => {
        await write();
        await audit();
        throw new Error("later");
      },
    ],
    ["writes no entry", async (write) => write().then(() => ({ done: true }))],
    [
      "answers what its output does not allow",
      async (write, audit) => {
        await write();
        await audit();
        return { done: "yes" };
      },
    ],
    [
      "writes its entry and fails in the database",
      async (write, audit) => {
        await audit();
        await write();
        await write();
        return { done: true };
      },
    ],
  ];
  test.each(failures)("that %s leaves neither change nor entry", async (_, act) => {
    const before = await entries("agent.created");
    let ran = false;
    const running = mutation("lost", (write, audit, after, refuse) => {
      after(() => {
        ran = true;
      });
      return act(write, audit, after, refuse);
    });
    await expect(running).rejects.toThrow();
    expect([await named("lost"), await entries("agent.created"), ran]).toEqual([0, before, false]);
  });
});

/** Everything of the tables that the calls below change. */
const snapshot = async () =>
  JSON.stringify(
    await server.owner`
      select (select jsonb_agg(t order by id) from users t) as users,
        (select jsonb_agg(to_jsonb(t) - 'last_used_at' - 'expires_at' order by public_id) from sessions t) as sessions,
        (select jsonb_agg(t order by id) from agents t) as agents,
        (select jsonb_agg(to_jsonb(t) - 'last_used_at' order by id) from api_keys t) as keys,
        (select jsonb_agg(t order by hash) from link_tokens t) as links,
        (select jsonb_agg(t order by hash) from refresh_tokens t) as tokens,
        (select jsonb_agg(to_jsonb(t) - array['told_at', 'muted'] order by id) from alerts t) as alerts,
        (select jsonb_agg(t order by name) from limit_overrides t) as limits,
        (select jsonb_agg(t order by id) from saved_views t) as views,
        (select jsonb_agg(t order by user_id) from totp_factors t) as totp,
        (select jsonb_agg(t order by hash) from recovery_codes t) as codes,
        (select jsonb_agg(t order by id) from webhooks t) as webhooks,
        (select jsonb_agg(t order by id) from webhook_deliveries t) as deliveries,
        (select jsonb_agg(t order by id) from exports t) as exports,
        (select jsonb_agg(t order by id) from event_exports t) as event_exports,
        (select jsonb_agg(t order by id) from event_imports t) as event_imports,
        (select jsonb_agg(t order by id) from uploads t) as uploads,
        (select jsonb_agg(t order by id) from stored_files t) as files,
        (select jsonb_agg(t order by id) from erasures t) as erasures,
        (select jsonb_agg(to_jsonb(t) - '{written_xid,seen_xid,seen_position,earlier_xid,earlier_position,next_check_at}'::text[]
          order by id)
          from alert_rules t) as rules,
        (select jsonb_agg(t order by id) from passkeys t) as passkeys,
        (select jsonb_agg(jsonb_build_array(id, target) order by id) from witnesses t) as witnesses,
        (select jsonb_agg(t order by id) from witnessed_logs t) as witnessed_logs,
        (select jsonb_agg(to_jsonb(t) - 'attempts' order by hash) from challenges t) as challenges,
        (select count(*) from jobs where key is null) as jobs,
        (select count(*) from audit_entries
          where action not in ('call.refused', 'sign_in.refused', 'data.read')) as entries`,
  );

test("without its entry no mutation of the API changes anything", async () => {
  await growLog(server, admin);
  const target = await server.member();
  const { agentId, id: keyId } = await server.apiKey(member);
  const { password } = await import("./harness.ts");
  must(await admin.mutate("limits.set", { class: "model", points: 9, durationSeconds: 60 }));
  const { id: viewId } = must(
    await member.mutate("savedViews.create", { name: "v", query: "level:warn" }),
  );
  const next = { currentPassword: password, password: "another long passphrase" };
  const sessions = must(await target.query("sessions.list")).items;
  const guest = createClient(server.url);
  const credentials = { email: target.email, password };
  const program = createClient(server.url);
  const { refreshToken } = must(await program.mutate("tokens.issue", credentials));
  const reused = must(await program.mutate("tokens.issue", credentials)).refreshToken;
  const second = must(await program.mutate("tokens.refresh", { refreshToken: reused }));
  must(await program.mutate("tokens.refresh", { refreshToken: second.refreshToken }));
  await server.deps.database.transaction({}, (tx) =>
    raiseAlert(tx, "account_locked", { userId: null, key: "x", details: {}, now: new Date() }),
  );
  const alertId = must(await admin.query("alerts.list")).items[0].id;
  type Linked = "password_reset" | "email_change" | "email_undo" | "sign_up" | "invitation";
  const linkOf = async (purpose: Linked) => {
    const isNew = purpose === "sign_up" || purpose === "invitation";
    const facts = isNew
      ? { purpose, email: "n@example.org", displayName: "N", passwordHash: "x" }
      : { purpose, email: target.email, userId: target.id };
    return server.deps.database.transaction({ userId: target.id }, (tx) =>
      createLinkToken(tx, { role: "member", ...facts }, server.deps.now(), 3600),
    );
  };
  const links = {
    reset: await linkOf("password_reset"),
    change: await linkOf("email_change"),
    undo: await linkOf("email_undo"),
    signUp: await linkOf("sign_up"),
    invitation: await linkOf("invitation"),
  };
  const now = () => new Date();
  const enrolled = await server.member();
  const { recoveryCodes: codes } = await enrollTotp(enrolled, now);
  const { challenge } = must(
    await guest.mutate("auth.signIn", { email: enrolled.email, password }),
  );
  const [passkey] = await server.owner`
    insert into passkeys (id, user_id, credential_id, public_key, counter, transports, backed_up, name, created_at)
    values (gen_random_uuid(), ${enrolled.id}, 'c', '', 0, '{}', false, 'x', now()) returning id`;
  const { secret } = must(await target.mutate("account.beginTotp"));
  const leaving = await server.member();
  must(await leaving.mutate("data.erase", { password, graceSeconds: 3600 }));
  const hook = { name: "h", url: "https://93.184.216.34/" };
  const { id: hookId } = must(await member.mutate("webhooks.create", hook));
  const deliveryId = uuidv7();
  await server.owner`
    insert into webhook_deliveries (id, user_id, webhook_id, sequence, topic, body, status, attempts, created_at)
    values (${deliveryId}, ${member.id}, ${hookId}, 1, 'webhook.test', '{}', 'failed', '[]', now())`;
  const exportId = uuidv7();
  await server.owner`
    insert into exports (id, user_id, requested_at, finished_at, expires_at)
    values (${exportId}, ${member.id}, now(), now(), now() + interval '1 day')`;
  const asked = must(await target.mutate("exports.create", { format: "csv" }));
  const file = { format: "csv", name: "f", sizeBytes: 9 };
  const { id: importId } = must(await member.mutate("imports.create", { ...file, agentId }));
  const { id: uploadId } = must(await uploadFile(server, member, "kept"));
  const rule = { name: "r", query: "", threshold: 1, windowMinutes: 1 };
  const { id: ruleId } = must(await member.mutate("alertRules.create", rule));
  const place = { kind: "webhook", target: "https://93.184.216.34/kept" };
  const { id: witnessId } = must(await admin.mutate("witnesses.add", place));
  const logKey = (await (await server.fetch("/audit/keys")).text()).trimEnd();
  const { id: logId } = must(await admin.mutate("witnesses.addLog", { keys: [logKey] }));
  const calls: Record<string, () => Promise<Answer>> = {
    "audit.export": () => admin.mutate("audit.export", { format: "csv" }),
    "witnesses.add": () =>
      admin.mutate("witnesses.add", { ...place, target: "https://93.184.216.34/o" }),
    "witnesses.remove": () => admin.mutate("witnesses.remove", { id: witnessId }),
    "witnesses.addLog": () => admin.mutate("witnesses.addLog", { keys: [logKey] }),
    "witnesses.removeLog": () => admin.mutate("witnesses.removeLog", { id: logId }),
    "data.requestExport": () => member.mutate("data.requestExport"),
    "data.linkExport": () => member.mutate("data.linkExport", { id: exportId }),
    "exports.create": () => member.mutate("exports.create", { format: "ndjson" }),
    "exports.cancel": () => target.mutate("exports.cancel", { id: asked.id }),
    "imports.create": () => member.mutate("imports.create", { ...file, agentId }),
    "imports.cancel": () => member.mutate("imports.cancel", { id: importId }),
    "uploads.create": () => uploadFile(server, member, "text"),
    "uploads.create, refused": () => uploadFile(server, member, "<html>"),
    "uploads.delete": () => member.mutate("uploads.delete", { id: uploadId }),
    "webhooks.create": () => member.mutate("webhooks.create", hook),
    "webhooks.update": () => member.mutate("webhooks.update", { id: hookId, name: "other" }),
    "webhooks.rotateSecret": () => member.mutate("webhooks.rotateSecret", { id: hookId }),
    "webhooks.test": () => member.mutate("webhooks.test", { id: hookId }),
    "webhooks.replay": () => member.mutate("webhooks.replay", { id: deliveryId }),
    "webhooks.delete": () => member.mutate("webhooks.delete", { id: hookId }),
    "alertRules.create": () => member.mutate("alertRules.create", rule),
    "alertRules.update": () => member.mutate("alertRules.update", { id: ruleId, name: "other" }),
    "alertRules.test": () => member.mutate("alertRules.test", { id: ruleId }),
    "alertRules.delete": () => member.mutate("alertRules.delete", { id: ruleId }),
    "users.removeFactors": () => admin.mutate("users.removeFactors", { id: enrolled.id }),
    "data.erase": () => enrolled.mutate("data.erase", { password }),
    "data.cancelErasure": () => leaving.mutate("data.cancelErasure"),
    "agents.create": () => member.mutate("agents.create", { name: "x" }),
    "agents.update": () => member.mutate("agents.update", { id: agentId, name: "y" }),
    "agents.delete": () => member.mutate("agents.delete", { id: agentId }),
    "apiKeys.create": () =>
      member.mutate("apiKeys.create", { agentId, name: "k", scopes: ["events:read"] }),
    "apiKeys.rotate": () => member.mutate("apiKeys.rotate", { id: keyId, overlapSeconds: 0 }),
    "apiKeys.revoke": () => member.mutate("apiKeys.revoke", { id: keyId }),
    "account.update": () => member.mutate("account.update", { displayName: "Other" }),
    "account.changePassword": () => member.mutate("account.changePassword", next),
    "auth.reauthenticate": () => member.mutate("auth.reauthenticate", { password }),
    "account.confirmTotp": () =>
      target.mutate("account.confirmTotp", { code: totpApp(secret, now).code() }),
    "account.disableTotp": () => enrolled.mutate("account.disableTotp", { password }),
    "account.recoveryCodes": () => enrolled.mutate("account.recoveryCodes"),
    "account.renamePasskey": () =>
      enrolled.mutate("account.renamePasskey", { id: passkey?.id, name: "y" }),
    "account.removePasskey": () => enrolled.mutate("account.removePasskey", { id: passkey?.id }),
    "auth.verifyMfa": () => guest.mutate("auth.verifyMfa", { challenge, code: codes[0] }),
    "auth.cancelMfa": () => guest.mutate("auth.cancelMfa", { challenge }),
    "auth.signIn": () => guest.mutate("auth.signIn", { email: target.email, password }),
    "auth.requestPasswordReset": () =>
      guest.mutate("auth.requestPasswordReset", { email: target.email }),
    "auth.resetPassword": () =>
      guest.mutate("auth.resetPassword", { token: links.reset.token, password: next.password }),
    "auth.verifyEmail": () => guest.mutate("auth.verifyEmail", { token: links.signUp.token }),
    "sessions.revoke": () => target.mutate("sessions.revoke", { id: sessions[0].id }),
    "sessions.revokeOthers": () => target.mutate("sessions.revokeOthers"),
    "sessions.revokeAll": () => target.mutate("sessions.revokeAll"),
    "events.setRetention": () => member.mutate("events.setRetention", { days: 30 }),
    "savedViews.create": () => member.mutate("savedViews.create", { name: "w", query: "" }),
    "savedViews.update": () => member.mutate("savedViews.update", { id: viewId, name: "w" }),
    "savedViews.delete": () => member.mutate("savedViews.delete", { id: viewId }),
    "auth.signOut": () => target.mutate("auth.signOut"),
    "tokens.issue": () => program.mutate("tokens.issue", credentials),
    "tokens.refresh": () => program.mutate("tokens.refresh", { refreshToken }),
    "tokens.refresh, reused": () => program.mutate("tokens.refresh", { refreshToken: reused }),
    "tokens.revoke": () => program.mutate("tokens.revoke", { refreshToken }),
    "alerts.setNotices": () =>
      admin.mutate("alerts.setNotices", { severity: "low", email: false, webhookIds: [] }),
    "alerts.resolve": () => admin.mutate("alerts.resolve", { id: alertId }),
    "users.invite": () => admin.mutate("users.invite", { email: "i@example.org", role: "member" }),
    "account.changeEmail": () => member.mutate("account.changeEmail", { email: "c@example.org" }),
    "account.confirmEmail": () =>
      guest.mutate("account.confirmEmail", { token: links.change.token }),
    "account.undoEmail": () =>
      guest.mutate("account.undoEmail", { token: links.undo.token, password: next.password }),
    "users.revokeInvitation": () =>
      admin.mutate("users.revokeInvitation", { id: links.invitation.id }),
    "users.revokeSession": () =>
      admin.mutate("users.revokeSession", { id: target.id, sessionId: sessions[0].id }),
    "users.startPasswordReset": () => admin.mutate("users.startPasswordReset", { id: target.id }),
    "users.setRole": () => admin.mutate("users.setRole", { id: target.id, role: "auditor" }),
    "users.disable": () => admin.mutate("users.disable", { id: target.id }),
    "users.enable": () => admin.mutate("users.enable", { id: target.id }),
    "users.unlock": () => admin.mutate("users.unlock", { id: target.id }),
    "users.revokeSessions": () => admin.mutate("users.revokeSessions", { id: target.id }),
    "users.delete": () => admin.mutate("users.delete", { id: target.id }),
    "limits.set": () =>
      admin.mutate("limits.set", { class: "mail", points: 9, durationSeconds: 60 }),
    "limits.reset": () => admin.mutate("limits.reset", { class: "model" }),
  };
  // The mails of what was done so far leave by jobs, which would be missing afterwards.
  const waiting = () => server.owner`select queue from jobs where key is null`;
  await expect.poll(waiting).toEqual([]);
  const before = await snapshot();
  await breaking(server, "audit_entries", "insert", async () => {
    for (const [path, call] of Object.entries(calls)) {
      const answer = await call();
      expect([path, answer.status, answer.error?.data.reason]).toEqual([path, 500, "internal"]);
      expect(answer.headers.getSetCookie()).toEqual([]);
    }
  });
  expect(await snapshot()).toBe(before);
  // The list is whole: every mutation that says it is audited stands in it, but those of first use, and
  // those that only a browser's passkey can answer.
  const { procedures } = await import("../src/http/procedures.ts");
  const audits = [...procedures.values()]
    .filter(({ type, meta }) => type === "mutation" && meta.audit)
    .map(({ path }) => path);
  const others = audits.filter((path) => !(path in calls));
  expect(others.sort()).toEqual([
    "account.confirmPasskey",
    "auth.passkeySignIn",
    "auth.signUp",
    "setup.createAdmin",
  ]);
  // Some fifty calls, a good part of which hash a password.
});

test("a change whose last step fails leaves nothing of its first: an invitation without its mail", async () => {
  const before = await snapshot();
  const invite = { email: "unsent@example.org", role: "member" };
  const answer = await breaking(server, "jobs", "insert", () =>
    admin.mutate("users.invite", invite),
  );
  expect(answer.status).toBe(500);
  expect(await snapshot()).toBe(before);
});
