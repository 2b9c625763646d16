import type { linkPurposes } from "@muniment/db/schema/link-tokens.ts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createLinkToken } from "../src/identity/link-token.ts";
import { fromNewAddress } from "./addresses.ts";
import { createClock } from "./clock.ts";
import { password, startTestServer, type TestServer, type UserClient } from "./harness.ts";
import { visiblePart } from "./told-apart.ts";
import { enrollTotp } from "./totp-app.ts";

const clock = createClock();
let server: TestServer;
let owner: UserClient;
beforeAll(async () => {
  server = await startTestServer({
    now: clock.now,
    env: { SIGN_UP: "open", SIGN_UP_VERIFY: "on", TRUST_PROXY: "1" },
  });
  owner = await server.member();
});
afterAll(() => server.stop());

type Purpose = (typeof linkPurposes)[number];
const account = { email: "someone@example.org", password, displayName: "Someone" };
const waiting = { email: account.email, displayName: "Someone", passwordHash: "x" } as const;
/** Each kind of link, what it is about, and the call that uses it. */
const kinds: Record<Purpose, [path: string, use: (token: string) => object, about: () => object]> =
  {
    setup: ["setup.createAdmin", (token) => ({ ...account, token }), () => ({})],
    invitation: [
      "auth.signUp",
      (invitation) => ({ ...account, invitation }),
      () => ({ email: account.email, role: "member" }),
    ],
    sign_up: ["auth.verifyEmail", (token) => ({ token }), () => ({ ...waiting, role: "member" })],
    password_reset: [
      "auth.resetPassword",
      (token) => ({ token, password: "seven green owls sing" }),
      () => ({ userId: owner.id, email: owner.email }),
    ],
    email_change: [
      "account.confirmEmail",
      (token) => ({ token }),
      () => ({ userId: owner.id, email: "next@example.org" }),
    ],
    email_undo: [
      "account.undoEmail",
      (token) => ({ token, password: "seven green owls sing" }),
      () => ({ userId: owner.id, email: "former@example.org" }),
    ],
  };
const purposes = Object.keys(kinds) as Purpose[];

const make = (purpose: Purpose) =>
  server.deps.database.transaction({ userId: owner.id }, (tx) =>
    createLinkToken(tx, { purpose, ...kinds[purpose][2]() }, clock.now(), 600),
  );
async function use(purpose: Purpose, token: string) {
  const [path, input] = kinds[purpose];
  return visiblePart(await server.anonymous(fromNewAddress()).mutate(path, input(token)));
}

test.each(purposes)(
  "an expired link (%s) answers as an unknown one, and no clock that is put back revives it",
  async (purpose) => {
    const { token, id } = await make(purpose);
    const unknown = await use(purpose, "A".repeat(43));
    expect(unknown).toMatchObject({ status: 401, error: { data: { reason: "invalid_token" } } });
    clock.advance(601);
    expect(await use(purpose, token)).toEqual(unknown);
    clock.advance(-601);
    expect(await use(purpose, token)).toEqual(unknown);
    expect(await server.owner`select 1 from link_tokens where id = ${id}`).toEqual([]);
  },
);

test.each(purposes)("a link (%s) is for its purpose only", async (purpose) => {
  const { token, id } = await make(purpose);
  for (const other of purposes.filter((one) => one !== purpose))
    expect((await use(other, token)).status).toBe(401);
  expect(await server.owner`select 1 from link_tokens where id = ${id}`).toHaveLength(1);
});

test.each(["sign_up", "password_reset", "email_change", "email_undo"] as const)(
  "V6.3.6 a link of a mail (%s) signs nobody in, and stands for no factor",
  async (purpose) => {
    const factors = () => server.owner`select secret from totp_factors`;
    if ((await factors()).length === 0) await enrollTotp(owner, clock.now);
    const before = await factors();
    const { token } = await make(purpose);
    const answer = await use(purpose, token);
    expect(answer.status).toBe(200);
    expect(answer.headers).not.toHaveProperty("set-cookie");
    expect(await factors()).toEqual(before);
    const started = await server.owner`
      select 1 from sessions where created_at > ${clock.now()}::timestamptz - interval '1 second'
        and user_id <> ${owner.id}`;
    expect(started).toEqual([]);
  },
);

test("a job deletes what nobody presents any more", async () => {
  const { id } = await make("password_reset");
  await server.owner`
    insert into challenges (hash, purpose, created_at, expires_at)
    values ('\\x01', 'passkey_sign_in', now() - interval '2 hours', now() - interval '1 hour')`;
  await server.owner`update link_tokens set expires_at = now() - interval '1 minute' where id = ${id}`;
  await server.owner`
    update sessions set expires_at = now() - interval '1 minute' where user_id = ${owner.id}`;
  await server.owner`
    update sign_ins set at = now() - interval '91 days' where user_id = ${owner.id}`;
  // The job runs every ten minutes, and may have run while the clock was ahead before.
  clock.advance(1300);
  const left = async () => {
    const [row] = await server.owner`
      select (select count(*)::int from link_tokens where id = ${id}) as links,
        (select count(*)::int from challenges) as challenges,
        (select count(*)::int from sessions where user_id = ${owner.id}) as sessions,
        (select count(*)::int from sign_ins where user_id = ${owner.id}) as sign_ins`;
    return row;
  };
  await expect.poll(left).toEqual({ links: 0, challenges: 0, sessions: 0, sign_ins: 0 });
});
