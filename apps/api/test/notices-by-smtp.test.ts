import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { textOf } from "../src/notices/texts.ts";
import { fromNewAddress } from "./addresses.ts";
import { createAuthenticator } from "./authenticator.ts";
import { createClient } from "./client.ts";
import { createClock } from "./clock.ts";
import { must, password, startTestServer, type TestServer, type UserClient } from "./harness.ts";
import { parseMail } from "./outbox.ts";
import { type SmtpInbox, startSmtpInbox } from "./smtp-inbox.ts";
import { enrollTotp } from "./totp-app.ts";

const site = "https://muniment.example";
const clock = createClock();
let smtp: SmtpInbox;
let server: TestServer;
let admin: UserClient;
let owner: UserClient;
beforeAll(async () => {
  smtp = await startSmtpInbox();
  server = await startTestServer({
    now: clock.now,
    env: {
      PUBLIC_URL: site,
      TRUST_PROXY: "1",
      SMTP_URL: `smtp://127.0.0.1:${smtp.port}`,
      MAIL_FROM: "Muniment <noreply@muniment.example>",
      AUTH_RATE_LIMIT_ACCOUNT_MAX: "4",
      AUTH_RATE_LIMIT_CODES_MAX: "2",
    },
  });
});
afterAll(async () => {
  await server.stop();
  await smtp.close();
});
beforeEach(async () => {
  admin = await server.user("admin");
  owner = await server.member();
});

const mailsTo = (address: string) =>
  smtp.received.filter(({ to }) => to.includes(address)).map(({ raw }) => parseMail(raw));
/** Waits until an address has got these mails, in whatever order, and no other. */
async function expectMails(address: string, subjects: string[]) {
  const got = () => mailsTo(address).map(({ headers }) => headers.get("subject"));
  await expect.poll(() => got().length).toBeGreaterThanOrEqual(subjects.length);
  expect(got().sort()).toEqual(subjects.sort());
}
const notice = (kind: Exclude<Parameters<typeof textOf>[0]["kind"], "role_changed">) =>
  textOf({ kind }).subject;
const tokenTo = (address: string, path: string) =>
  mailsTo(address)
    .map(({ text }) => new RegExp(`/${path}#token=([A-Za-z0-9_-]+)`).exec(text)?.[1])
    .find((token) => token !== undefined) ?? "";
const stranger = () => server.anonymous(fromNewAddress());
const signIn = (given = password) =>
  stranger().mutate("auth.signIn", { email: owner.email, password: given });

test("ASVS 6.3.7: a new password, an app and its end, new recovery codes and the use of one", async () => {
  const next = "seven green owls sing";
  must(await owner.mutate("account.changePassword", { currentPassword: password, password: next }));
  await enrollTotp(owner, clock.now);
  const { recoveryCodes } = must(await owner.mutate("account.recoveryCodes"));
  const half = must(await signIn(next));
  must(
    await stranger().mutate("auth.verifyMfa", {
      challenge: half.challenge,
      code: recoveryCodes[0],
    }),
  );
  // Of a program the first sign-in from an address is told, and no more.
  const from = fromNewAddress();
  const issue = (code: string) =>
    createClient(server.url, from).mutate("tokens.issue", {
      email: owner.email,
      password: next,
      code,
    });
  must(await issue(recoveryCodes[1]));
  must(await issue(recoveryCodes[2]));
  must(await owner.mutate("account.disableTotp", { password: next }));
  await expectMails(owner.email, [
    notice("password_changed"),
    notice("factor_added"),
    notice("recovery_codes_regenerated"),
    notice("recovery_code_used"),
    notice("recovery_code_used"),
    notice("recovery_code_used"),
    notice("new_device"),
    notice("new_program"),
    notice("factor_removed"),
  ]);
});

test("ASVS 6.3.7: a passkey, and its end", async () => {
  const key = createAuthenticator(site);
  const response = key.create(must(await owner.mutate("account.beginPasskey")));
  const { passkey } = must(
    await owner.mutate("account.confirmPasskey", { name: "Phone", response }),
  );
  must(await owner.mutate("account.removePasskey", { id: passkey.id }));
  await expectMails(owner.email, [notice("passkey_added"), notice("passkey_removed")]);
});

test("ASVS 6.3.5: a sign-in from a new device, and too many that failed", async () => {
  clock.advance(601);
  must(await signIn());
  for (let guess = 0; guess < 4; guess += 1) await signIn("not the password at all");
  await expectMails(owner.email, [notice("new_device"), notice("account_locked")]);
});

test("ASVS 6.3.5: too many wrong codes", async () => {
  const { app } = await enrollTotp(owner, clock.now);
  for (let guess = 0; guess < 2; guess += 1) {
    const { challenge } = must(await signIn());
    await stranger().mutate("auth.verifyMfa", { challenge, code: app.code(20 + guess) });
  }
  await expectMails(owner.email, [notice("factor_added"), notice("codes_locked")]);
});

test("ASVS 6.3.7: another address, told to both, and taken back, told to both", async () => {
  const next = `next-${owner.email}`;
  must(await owner.mutate("account.changeEmail", { email: next }));
  await expectMails(next, ["Confirm your new address"]);
  must(await stranger().mutate("account.confirmEmail", { token: tokenTo(next, "confirm-email") }));
  await expectMails(next, ["Confirm your new address", notice("email_changed")]);
  const told = [notice("email_change_requested"), "The address of your account was changed"];
  await expectMails(owner.email, [...told]);
  const undo = { token: tokenTo(owner.email, "undo-email"), password: "seven green owls sing" };
  must(await stranger().mutate("account.undoEmail", undo));
  await expectMails(owner.email, [...told, notice("password_reset")]);
  await expectMails(next, [
    "Confirm your new address",
    notice("email_changed"),
    notice("email_removed"),
  ]);
});

test("ASVS 6.3.7: a reset", async () => {
  must(await stranger().mutate("auth.requestPasswordReset", { email: owner.email }));
  await expectMails(owner.email, ["Your new password"]);
  const reset = { token: tokenTo(owner.email, "reset"), password: "seven green owls sing" };
  must(await stranger().mutate("auth.resetPassword", reset));
  await expectMails(owner.email, ["Your new password", notice("password_reset")]);
});

test("ASVS 6.3.7: what an administrator does: sessions, role, second factors", async () => {
  await enrollTotp(owner, clock.now);
  const { id } = owner;
  must(await admin.mutate("users.revokeSessions", { id }));
  must(await admin.mutate("users.setRole", { id, role: "auditor" }));
  must(await admin.mutate("users.removeFactors", { id }));
  await expectMails(owner.email, [
    notice("factor_added"),
    notice("sessions_revoked"),
    textOf({ kind: "role_changed", role: "auditor", until: null }).subject,
    notice("factors_removed"),
    "Your new password",
  ]);
});
