import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { fromNewAddress } from "./addresses.ts";
import type { Authenticator } from "./authenticator.ts";
import type { Answer } from "./client.ts";
import { createClock } from "./clock.ts";
import { must, password, startTestServer, type TestServer, type UserClient } from "./harness.ts";
import { mailsTo, tokenIn } from "./outbox.ts";
import { addPasskey, beginPasskeySignIn, site } from "./passkey-calls.ts";
import { enrollTotp } from "./totp-app.ts";

const clock = createClock();
let server: TestServer;
beforeAll(async () => {
  const env = { PUBLIC_URL: site, TRUST_PROXY: "1", AUTH_RATE_LIMIT_CODES_MAX: "1" };
  server = await startTestServer({ now: clock.now, env });
});
afterAll(() => server.stop());

let owner: UserClient;
let key: Authenticator;
beforeEach(async () => {
  owner = await server.member();
  key = (await addPasskey(owner)).key;
});

const outcome = (answer: Answer) => [answer.status, answer.error?.data.reason];
const stranger = () => server.anonymous(fromNewAddress());
const halfSignIn = async (given = password) =>
  must(await stranger().mutate("auth.signIn", { email: owner.email, password: given }));
type Half = Awaited<ReturnType<typeof halfSignIn>>;
const finish = ({ challenge, passkey }: Half) =>
  stranger().mutate("auth.verifyMfa", { challenge, passkey: key.get(passkey) });
async function signInAlone() {
  const client = stranger();
  const passkey = key.get(await beginPasskeySignIn(client));
  return { client, answer: await client.mutate("auth.passkeySignIn", { passkey }) };
}

test("V6.4.3 a reset of the password takes no passkey away, and passes by none", async () => {
  const begun = await halfSignIn();
  must(await stranger().mutate("auth.requestPasswordReset", { email: owner.email }));
  const links = async () =>
    (await mailsTo(server, owner.email)).filter(({ text }) => text.includes("/reset#token="));
  await expect.poll(async () => (await links()).length).toBe(1);
  const [link] = await links();
  const chosen = "otter jam 71 on violet toast";
  const reset = { token: link && tokenIn(link), password: chosen };
  must(await stranger().mutate("auth.resetPassword", reset));
  expect(outcome(await finish(begun))).toEqual([401, "invalid_token"]);
  const half = await halfSignIn(chosen);
  expect(half).toMatchObject({ status: "mfaRequired", methods: ["passkey", "recovery_code"] });
  must(await finish(half));
  must((await signInAlone()).answer);
});

test("where no more codes of an app are taken, a passkey still signs in", async () => {
  const { app } = await enrollTotp(owner, clock.now);
  clock.advanceToMinute();
  const answer = async (code: string) => {
    const { challenge } = await halfSignIn();
    return outcome(await stranger().mutate("auth.verifyMfa", { challenge, code }));
  };
  expect(await answer(app.code(20))).toEqual([401, "invalid_credentials"]);
  expect(await answer(app.code())).toEqual([429, "rate_limited"]);
  must(await finish(await halfSignIn()));
  must((await signInAlone()).answer);
});

test("V7.5.3 a sign-in by passkey is a fresh authentication for five minutes, and then another is needed", async () => {
  const { client } = await signInAlone();
  clock.advance(200);
  must(await client.mutate("account.beginPasskey"));
  clock.advance(101);
  expect(outcome(await client.mutate("account.beginPasskey"))).toEqual([
    403,
    "reauthentication_required",
  ]);
  const { passkey } = must(await client.mutate("auth.beginReauthentication"));
  must(await client.mutate("auth.reauthenticate", { passkey: key.get(passkey) }));
  must(await client.mutate("account.beginPasskey"));
});
