import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { Answer } from "./client.ts";
import { must, password, startTestServer, type TestServer, type UserClient } from "./harness.ts";
import { enrollTotp } from "./totp-app.ts";

/** Holds the next verification of a password after it is done, until it is let go. */
const next = vi.hoisted(() => ({ hold: undefined as (() => Promise<void>) | undefined }));
vi.mock("../src/identity/hashing.ts", async (original) => {
  const { createHashing } = await original<typeof import("../src/identity/hashing.ts")>();
  type Hashing = ReturnType<typeof createHashing>;
  const wrap = (real: Hashing): Hashing => ({
    ...real,
    verify: async (...args) => {
      const hold = next.hold;
      next.hold = undefined;
      const right = await real.verify(...args);
      await hold?.();
      return right;
    },
  });
  return { createHashing: () => wrap(createHashing()) };
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

/** Browsers by whether the account knows them: in one that it does, a sign-in is another statement. */
const browsers: [string, (owner: UserClient) => { device?: string }][] = [
  ["a new browser", () => ({})],
  ["a known one", ({ device }) => ({ device })],
];
const enroll = (owner: UserClient) => enrollTotp(owner, () => new Date());
const changes: [string, (owner: UserClient) => Promise<unknown>, unknown[]][] = [
  ["its password is changed", async (owner) => must(await change(owner)), refused],
  ["it is disabled", disable, refused],
  ["it gets a second factor", enroll, [401, "mfa_required"]],
];

describe.each(browsers)("in %s", (_, of) => {
  test.each(changes)(
    "a sign-in under way makes no session of an account when %s",
    async (_, act, answered) => {
      const owner = await server.member();
      const client = Object.assign(server.anonymous(), of(owner));
      const { email, id } = owner;
      const signIn = () => client.mutate("auth.signIn", { email, password });
      const sessions = () => server.owner`
        select public_id from sessions where user_id = ${id} union all
        select id from sign_ins where user_id = ${id} and outcome = 'signed_in' order by 1`;
      const before = (await sessions()).length;
      expect(await overtaken(signIn, () => act(owner))).toEqual(answered);
      expect((await sessions()).length).toBeLessThanOrEqual(before);
    },
  );
});

test.each(["known_devices", "sessions"])(
  "a sign-in in a known browser locks the account before what it has of %s, as all else does",
  async (table) => {
    const { cookie, device, email, id } = await server.member();
    const given = table === "sessions" ? { cookie, device } : { device };
    const client = Object.assign(server.anonymous(), given);
    let answer: Promise<Answer> | undefined;
    await server.owner.begin(async (sql) => {
      await sql`select from users where id = ${id} for update`;
      answer = client.mutate("auth.signIn", { email, password });
      await vi.waitFor(async () => {
        // The sign-in alone: a job may wait for the account, too.
        const waiting = await server.owner`
          select from pg_stat_activity
          where wait_event_type = 'Lock' and datname = current_database()
            and query like '%password_hash%'`;
        expect(waiting).toHaveLength(1);
      }, 10_000);
      await sql`update ${sql(table)} set last_used_at = now() where user_id = ${id}`;
    });
    expect((await answer)?.status).toBe(200);
  },
);

test("a sign-in under way answers the address and the role that the account has by then", async () => {
  const owner = await server.member();
  const email = `new.${owner.email}`;
  let answer: Answer | undefined;
  const signIn = async () => {
    const client = Object.assign(server.anonymous(), { device: owner.device });
    answer = await client.mutate("auth.signIn", { email: owner.email, password });
    return answer;
  };
  for (const now of [{ email }, { role: "auditor" }]) {
    await overtaken(
      signIn,
      () => server.owner`update users set ${server.owner(now)} where id = ${owner.id}`,
    );
    expect(answer?.data).toMatchObject({ status: "signedIn", user: now });
    await server.owner`update users set email = ${owner.email} where id = ${owner.id}`;
  }
});

test("a browser that is forgotten while it signs in is a new one", async () => {
  const owner = await server.member();
  const client = Object.assign(server.anonymous(), { device: owner.device });
  const signIn = () => client.mutate("auth.signIn", { email: owner.email, password });
  const forget = () => server.owner`delete from known_devices where user_id = ${owner.id}`;
  expect(await overtaken(signIn, forget)).toEqual([200, undefined]);
  expect(client.device.split(".")).toHaveLength(2);
  const devices = await server.owner`select 1 from known_devices where user_id = ${owner.id}`;
  expect(devices).toHaveLength(1);
  const sessions = await server.owner`select 1 from sessions where user_id = ${owner.id}`;
  expect(sessions).toHaveLength(2);
  const entries = await server.owner`
    select 1 from audit_entries where action = 'session.created' and actor_id = ${owner.id}`;
  expect(entries).toHaveLength(2);
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

test.each(browsers)(
  "sign-ins of one account at once do not get in each other's way in %s",
  async (_, of) => {
    const owner = await server.member();
    const { email } = owner;
    const five = () =>
      Promise.all(
        Array.from({ length: 5 }, () =>
          Object.assign(server.anonymous(), of(owner)).mutate("auth.signIn", { email, password }),
        ),
      );
    for (let round = 0; round < 4; round += 1)
      for (const { status } of await five()) expect(status).toBe(200);
  },
);
