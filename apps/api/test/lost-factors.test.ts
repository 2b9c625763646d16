import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { fromNewAddress } from "./addresses.ts";
import { createAuthenticator } from "./authenticator.ts";
import { type Answer, createClient } from "./client.ts";
import { createClock } from "./clock.ts";
import { must, password, startTestServer, type TestServer, type UserClient } from "./harness.ts";
import { mailsTo, tokenIn } from "./outbox.ts";
import { enrollTotp } from "./totp-app.ts";

const site = "https://muniment.example";
const clock = createClock();
let server: TestServer;
let admin: UserClient;
let auditor: UserClient;
beforeAll(async () => {
  const env = { PUBLIC_URL: site, TRUST_PROXY: "1" };
  server = await startTestServer({ now: clock.now, env });
  admin = await server.user("admin");
  auditor = await server.user("auditor");
});
afterAll(() => server.stop());

const outcome = (answer: Answer) => [answer.status, answer.error?.data.reason];
const signIn = (email: string, given = password) =>
  server.anonymous(fromNewAddress()).mutate("auth.signIn", { email, password: given });
const remove = (id: string, by = admin) => by.mutate("users.removeFactors", { id });

let owner: UserClient;
let key: ReturnType<typeof createAuthenticator>;
beforeEach(async () => {
  must(await admin.mutate("auth.reauthenticate", { password }));
  owner = await server.member();
  await enrollTotp(owner, clock.now);
  key = createAuthenticator(site);
  const response = key.create(must(await owner.mutate("account.beginPasskey")));
  must(await owner.mutate("account.confirmPasskey", { name: "Phone", response }));
  clock.advanceToMinute();
});

async function resetLink() {
  const sent = async () => {
    const mails = await mailsTo(server, owner.email);
    return { mails, link: mails.find(({ text }) => text.includes("/reset#")) };
  };
  await expect.poll(async () => (await sent()).link).toBeDefined();
  const { mails, link } = await sent();
  return { mails, token: link ? tokenIn(link) : "" };
}

test("V6.4.4 lost factors go with the password: only who reads the owner's mailbox gets in", async () => {
  const program = must(
    await createClient(server.url, fromNewAddress()).mutate("tokens.issue", {
      email: owner.email,
      password,
      code: must(await owner.mutate("account.recoveryCodes")).recoveryCodes[0],
    }),
  );
  const answer = await remove(owner.id);
  expect(must(answer)).toMatchObject({ id: owner.id, secondFactor: false, sessionCount: 0 });
  // Nobody's old proof is worth anything: session, token, password, passkey.
  expect((await owner.query("auth.me")).status).toBe(401);
  const bearer = { authorization: `Bearer ${program.accessToken}` };
  expect((await createClient(server.url, bearer).query("auth.me")).status).toBe(401);
  expect(outcome(await signIn(owner.email))).toEqual([401, "invalid_credentials"]);
  const client = server.anonymous(fromNewAddress());
  const passkey = key.get(must(await client.mutate("auth.beginPasskeySignIn")));
  expect((await client.mutate("auth.passkeySignIn", { passkey })).status).toBe(401);

  const { mails, token } = await resetLink();
  expect(mails.map(({ headers }) => headers.get("subject"))).toContain(
    "Your second factors were removed",
  );
  const trail = must(await admin.query("audit.search", { targetId: owner.id }));
  expect(JSON.stringify([answer.data, trail])).not.toContain(token);
  expect(trail.items[0]).toMatchObject({
    action: "user.factors_removed",
    actor: { kind: "user", id: admin.id },
    details: { totp: true, passkeys: 1, sessionsRevoked: 2 },
  });
  const next = "seven green owls sing";
  must(await client.mutate("auth.resetPassword", { token, password: next }));
  expect(must(await signIn(owner.email, next)).status).toBe("signedIn");
  for (const table of ["totp_factors", "recovery_codes", "passkeys", "challenges"])
    expect(
      await server.owner`select 1 from ${server.owner(table)} where user_id = ${owner.id}`,
    ).toEqual([]);
});

test("a password too short to stand alone does not outlive them", async () => {
  await server.owner`update users set password_is_short = true where id = ${owner.id}`;
  must(await remove(owner.id));
  expect(outcome(await signIn(owner.email))).toEqual([401, "invalid_credentials"]);
  const { token } = await resetLink();
  const client = server.anonymous(fromNewAddress());
  const short = await client.mutate("auth.resetPassword", { token, password: "owls sing 9" });
  expect(outcome(short)).toEqual([400, "weak_password"]);
});

test("a half-done sign-in and links that were mailed before end with them", async () => {
  must(await admin.mutate("users.startPasswordReset", { id: owner.id }));
  const [old] = (await mailsTo(server, owner.email, 3)).filter(({ text }) =>
    text.includes("/reset#"),
  );
  if (!old) throw new Error("no mail");
  const client = server.anonymous(fromNewAddress());
  const { challenge, passkey } = must(
    await client.mutate("auth.signIn", { email: owner.email, password }),
  );
  must(await remove(owner.id));
  const late = await client.mutate("auth.verifyMfa", { challenge, passkey: key.get(passkey) });
  expect(outcome(late)).toEqual([401, "invalid_token"]);
  const reset = { token: tokenIn(old), password: "seven green owls sing" };
  expect(outcome(await client.mutate("auth.resetPassword", reset))).toEqual([401, "invalid_token"]);
});

test("it is for administrators who have just proved who they are, of others who have factors", async () => {
  expect(outcome(await remove(owner.id, auditor))).toEqual([403, "not_permitted"]);
  expect(outcome(await remove(owner.id, owner))).toEqual([403, "not_permitted"]);
  expect(outcome(await remove(randomUUID()))).toEqual([404, "not_found"]);
  expect(outcome(await remove(admin.id))).toEqual([409, "own_account"]);
  const plain = await server.member();
  expect(outcome(await remove(plain.id))).toEqual([404, "not_found"]);
  expect((await plain.query("auth.me")).status).toBe(200);
  await server.owner`update users set disabled_at = now() where id = ${owner.id}`;
  expect(outcome(await remove(owner.id))).toEqual([409, "user_disabled"]);
  clock.advance(301);
  expect(outcome(await remove(owner.id))).toEqual([403, "reauthentication_required"]);
});
