import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { Answer } from "./client.ts";
import { must, password, startTestServer, type TestServer, type UserClient } from "./harness.ts";
import { enrollTotp } from "./totp-app.ts";

/** Holds the next verification of a password after it is done, until it is let go. */
const next = vi.hoisted(() => ({ hold: undefined as (() => Promise<void>) | undefined }));
vi.mock("@node-rs/argon2", async (original) => {
  const real = await original<typeof import("@node-rs/argon2")>();
  return {
    ...real,
    verify: async (...args: Parameters<typeof real.verify>) => {
      const hold = next.hold;
      next.hold = undefined;
      const right = await real.verify(...args);
      await hold?.();
      return right;
    },
  };
});

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
  await server.admin();
});
afterAll(() => server.stop());

/** What a call answers whose password was found right just before `change` happened. */
async function overtaken(call: () => Promise<Answer>, change: () => Promise<unknown>) {
  let letGo: () => void = () => {};
  const held = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  const verified = new Promise<void>((resolve) => {
    next.hold = () => {
      resolve();
      return held;
    };
  });
  const answer = call();
  await verified;
  await change();
  letGo();
  const { status, error } = await answer;
  return [status, error?.data.reason];
}

const newPassword = "another long passphrase";
const change = (client: UserClient) =>
  client.mutate("account.changePassword", { currentPassword: password, password: newPassword });
const disable = async ({ id }: UserClient) =>
  must(await (await server.admin()).mutate("users.disable", { id }));
const refused = [401, "invalid_credentials"];

test.each([
  ["its password is changed", async (owner: UserClient) => must(await change(owner))],
  ["it is disabled", disable],
])("a sign-in under way makes no session of an account when %s", async (_, act) => {
  const owner = await server.member();
  const signIn = () => server.anonymous().mutate("auth.signIn", { email: owner.email, password });
  expect(await overtaken(signIn, () => act(owner))).toEqual(refused);
  const sessions = await server.owner`select 1 from sessions where user_id = ${owner.id}`;
  expect(sessions.length).toBeLessThanOrEqual(1);
});

test("a sign-in under way makes no session of an account that gets a second factor", async () => {
  const owner = await server.member();
  const signIn = () => server.anonymous().mutate("auth.signIn", { email: owner.email, password });
  const enroll = () => enrollTotp(owner, () => new Date());
  expect(await overtaken(signIn, enroll)).toEqual([401, "mfa_required"]);
  const sessions = await server.owner`select 1 from sessions where user_id = ${owner.id}`;
  expect(sessions).toHaveLength(1);
});

test.each([
  ["auth.reauthenticate", { password }],
  ["account.changePassword", { currentPassword: password, password: "a thief's own passphrase" }],
])("the old password given to %s is worth nothing once it is changed", async (path, input) => {
  const owner = await server.member();
  const elsewhere = await server.signIn(owner.email);
  expect(
    await overtaken(
      () => elsewhere.mutate(path, input),
      () => change(owner),
    ),
  ).toEqual(refused);
  const signIn = { email: owner.email, password: newPassword };
  expect((await server.anonymous().mutate("auth.signIn", signIn)).status).toBe(200);
});

test("sign-ins of one account at once do not get in each other's way", async () => {
  const { email } = await server.member();
  const five = () =>
    Promise.all(
      Array.from({ length: 5 }, () =>
        server.anonymous().mutate("auth.signIn", { email, password }),
      ),
    );
  for (let round = 0; round < 4; round += 1)
    for (const { status } of await five()) expect(status).toBe(200);
});
