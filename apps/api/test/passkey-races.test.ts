import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { fromNewAddress } from "./addresses.ts";
import { type Authenticator, createAuthenticator } from "./authenticator.ts";
import type { Answer } from "./client.ts";
import { must, password, startTestServer, type TestServer, type UserClient } from "./harness.ts";
import {
  addPasskey,
  beginPasskey,
  beginPasskeySignIn,
  confirmPasskey,
  site,
} from "./passkey-calls.ts";

let server: TestServer;
beforeAll(async () => {
  const env = { PUBLIC_URL: site, TRUST_PROXY: "1", REQUIRE_MFA: "auditor" };
  server = await startTestServer({ env });
});
afterAll(() => server.stop());

let owner: UserClient;
let key: Authenticator;
beforeEach(async () => {
  owner = await server.member();
  key = (await addPasskey(owner)).key;
});

const stranger = () => server.anonymous(fromNewAddress());
const times = <T>(act: (at: number) => Promise<T>) =>
  Promise.all(Array.from({ length: 20 }, (_, at) => act(at)));
const succeeded = (answers: Answer[]) => answers.filter(({ status }) => status === 200).length;
const entries = async (action: string, { id }: { id: string }) =>
  (await server.owner`select 1 from audit_entries where action = ${action} and actor_id = ${id}`)
    .length;

test("of twenty uses of one signature at once as a second factor, exactly one signs in", async () => {
  const { challenge, passkey: asked } = must(
    await stranger().mutate("auth.signIn", { email: owner.email, password }),
  );
  const passkey = key.get(asked);
  const before = await entries("session.created", owner);
  const answers = await times(() => stranger().mutate("auth.verifyMfa", { challenge, passkey }));
  expect(succeeded(answers)).toBe(1);
  expect(await entries("session.created", owner)).toBe(before + 1);
});

test("of twenty uses of one signature at once, exactly one is a fresh authentication", async () => {
  const { passkey: asked } = must(await owner.mutate("auth.beginReauthentication"));
  const passkey = key.get(asked);
  const answers = await times(() => owner.mutate("auth.reauthenticate", { passkey }));
  expect(succeeded(answers)).toBe(1);
  expect(await entries("session.reauthenticated", owner)).toBe(1);
});

test("of twenty uses of one new passkey at once, exactly one is kept", async () => {
  const response = createAuthenticator(site).create(await beginPasskey(owner));
  const before = await entries("passkey.created", owner);
  const answers = await times((at) => confirmPasskey(owner, response, `Key ${at}`));
  expect(succeeded(answers)).toBe(1);
  expect(await entries("passkey.created", owner)).toBe(before + 1);
});

test("one signature in ten calls of one request signs in once", async () => {
  const passkey = key.get(await beginPasskeySignIn(stranger()));
  const before = await entries("session.created", owner);
  const paths = Array(10).fill("auth.passkeySignIn").join(",");
  const calls = Object.fromEntries(Array.from({ length: 10 }, (_, at) => [at, { passkey }]));
  const answer = await server.fetch(`/trpc/${paths}?batch=1`, {
    method: "POST",
    headers: { origin: site, "content-type": "application/json", ...fromNewAddress() },
    body: JSON.stringify(calls),
  });
  const answers: { result?: object }[] = JSON.parse(await answer.text());
  expect(answers.filter(({ result }) => result)).toHaveLength(1);
  expect(await entries("session.created", owner)).toBe(before + 1);
});

test("of a passkey and its copy, which count alike, one signs in", async () => {
  const questions = await times(() => beginPasskeySignIn(stranger()));
  key.state.counter = 100;
  const signatures = questions.map((asked) => {
    key.state.counter = 100;
    return key.get(asked);
  });
  const answers = await Promise.all(
    signatures.map((passkey) => stranger().mutate("auth.passkeySignIn", { passkey })),
  );
  expect(succeeded(answers)).toBe(1);
});

test("two last passkeys removed at once leave one to whose role needs a second factor", async () => {
  const auditor = await server.user("auditor");
  const kept = [await addPasskey(auditor, "Phone"), await addPasskey(auditor, "Laptop")];
  const answers = await Promise.all(
    kept.map(({ added }) => auditor.mutate("account.removePasskey", { id: added.passkey.id })),
  );
  expect(succeeded(answers)).toBe(1);
  const [left] = must(await auditor.query("account.listPasskeys")).items;
  const last = await auditor.mutate("account.removePasskey", { id: left.id });
  expect([last.status, last.error?.data.reason]).toEqual([409, "last_factor"]);
});
