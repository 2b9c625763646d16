import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { signUpQueue } from "../src/features/auth/jobs.ts";
import { fromNewAddress } from "./addresses.ts";
import type { Answer } from "./client.ts";
import { createClock } from "./clock.ts";
import { must, password, startTestServer, type TestServer } from "./harness.ts";
import { mailsTo, tokenIn } from "./outbox.ts";
import { visiblePart } from "./told-apart.ts";

const clock = createClock();
let server: TestServer;
beforeAll(async () => {
  const env = { SIGN_UP: "open", SIGN_UP_VERIFY: "on", TRUST_PROXY: "1" };
  server = await startTestServer({ now: clock.now, env });
  await server.admin();
});
afterAll(() => server.stop());

const reason = (answer: Answer) => answer.error?.data.reason;
const signUp = (email: string, more: object = {}) =>
  server
    .anonymous(fromNewAddress())
    .mutate("auth.signUp", { email, password, displayName: "New", ...more });
const verify = (token: string, given: object = {}, headers = fromNewAddress()) =>
  server.anonymous(headers).mutate("auth.verifyEmail", { token, ...given });
const signIn = (email: string, given = password) =>
  server.anonymous(fromNewAddress()).mutate("auth.signIn", { email, password: given });

async function tokenFor(email: string, count = 1): Promise<string> {
  must(await signUp(email));
  const mail = (await mailsTo(server, email, count)).at(-1);
  if (!mail) throw new Error("no mail");
  return tokenIn(mail);
}

describe("ASVS 6.3.8: sign-up with verification", () => {
  test("answers a new and a known address alike, to the last header", async () => {
    const member = await server.member();
    const fresh = visiblePart(await signUp("fresh@example.org"));
    expect(fresh).toMatchObject({ status: 200, data: { status: "verificationSent" } });
    expect(fresh.headers).not.toHaveProperty("set-cookie");
    expect(visiblePart(await signUp(member.email))).toEqual(fresh);
    const again = visiblePart(await signUp("fresh@example.org"));
    expect(visiblePart(await signUp(` ${member.email.toUpperCase()}`))).toEqual(again);
    const mails = await mailsTo(server, member.email, 2);
    for (const { headers, text } of mails) {
      expect(headers.get("subject")).toBe("You have an account already");
      expect(text).not.toContain("#token=");
      expect(text).toContain(`${server.url}/forgot`);
    }
  });

  test("limits mails to one address alike", async () => {
    const { email } = await server.member();
    const sixth = [];
    for (const address of [email, "flooded@example.org"]) {
      for (let count = 0; count < 5; count += 1) must(await signUp(address));
      sixth.push(visiblePart(await signUp(address)));
    }
    expect(sixth[0]).toMatchObject({ status: 429 });
    expect(sixth[1]).toEqual(sixth[0]);
  });

  test("lets nobody in before the link was used, and answers like a wrong password", async () => {
    const email = "waiting@example.org";
    const token = await tokenFor(email);
    const waiting = visiblePart(await signIn(email));
    expect(waiting).toMatchObject({ status: 401 });
    expect(visiblePart(await signIn("never-signed-up@example.org"))).toEqual(waiting);
    expect(await server.owner`select 1 from users where email = ${email}`).toHaveLength(0);
    expect(must(await verify(token))).toEqual({ status: "verified", email });
    expect(must(await signIn(email)).user).toMatchObject({ email, role: "member" });
  });
});

test("a link makes one account, whoever uses it 50 times at once", async () => {
  const email = "raced@example.org";
  const token = await tokenFor(email);
  const answers = await Promise.all(Array.from({ length: 50 }, () => verify(token)));
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
  expect(answers.filter((answer) => reason(answer) === "invalid_token")).toHaveLength(49);
  expect(await server.owner`select 1 from users where email = ${email}`).toHaveLength(1);
});

test("of two that wait for one address the first to prove it gets it, with its own password", async () => {
  const email = "contested@example.org";
  const first = await tokenFor(email);
  must(await signUp(email, { password: "the password of another person" }));
  const mails = await mailsTo(server, email, 2);
  const second = mails.map(tokenIn).find((token) => token !== first) ?? "";
  must(await verify(first));
  expect(reason(await verify(second))).toBe("invalid_token");
  expect((await signIn(email)).status).toBe(200);
  expect((await signIn(email, "the password of another person")).status).toBe(401);
});

describe("a link that is given a password", () => {
  const owners = "Crème brûlée for every otter";
  const strangers = "the password of another person";

  /** The links of two sign-ups for one address, the owner's before the stranger's. */
  async function contested(email: string) {
    must(await signUp(email, { password: owners }));
    const [first] = await mailsTo(server, email);
    must(await signUp(email, { password: strangers }));
    const tokens = (await mailsTo(server, email, 2)).map(tokenIn);
    const own = first && tokenIn(first);
    const foreign = tokens.find((token) => token !== own);
    if (!own || !foreign) throw new Error("no mail");
    return { own, foreign };
  }
  const accounts = (email: string) => server.owner`select 1 from users where email = ${email}`;

  test("makes no account with one that a stranger chose, and goes on working", async () => {
    const email = "hijacked@example.org";
    const { own, foreign } = await contested(email);
    const refused = await verify(foreign, { password: owners });
    expect(refused.status).toBe(401);
    expect(reason(refused)).toBe("invalid_credentials");
    expect(refused.error?.message).toContain("open the mail of the other sign-up");
    expect(await accounts(email)).toEqual([]);
    // However the keyboard spells it.
    must(await verify(own, { password: owners.normalize("NFD") }));
    expect((await signIn(email, owners)).status).toBe(200);
    expect((await signIn(email, strangers)).status).toBe(401);
    expect(reason(await verify(foreign, { password: strangers }))).toBe("invalid_token");

    const admin = await server.signIn("admin@example.org", fromNewAddress());
    const refusals = async () => {
      const { items } = must(await admin.query("audit.search", { outcomes: ["refused"] }));
      return items.filter(({ target }: { target: { label?: string } }) => target.label === email);
    };
    await expect.poll(refusals).toContainEqual(
      expect.objectContaining({
        action: "call.refused",
        target: { kind: "procedure", id: "auth.verifyEmail", label: email },
        details: { procedure: "auth.verifyEmail", reason: "invalid_credentials", count: 1 },
      }),
    );
    expect(JSON.stringify(await refusals())).not.toContain(owners);
  });

  test("takes the right one after a wrong one, and is used up by it", async () => {
    const email = "mistyped@example.org";
    const token = await tokenFor(email);
    expect(reason(await verify(token, { password: `${password}!` }))).toBe("invalid_credentials");
    expect(must(await verify(token, { password }))).toEqual({ status: "verified", email });
    expect(reason(await verify(token, { password }))).toBe("invalid_token");
    expect(await accounts(email)).toHaveLength(1);
  });

  test("takes five wrong ones from an address, counted with the failed sign-ins", async () => {
    const email = "guessed@example.org";
    const token = await tokenFor(email);
    const headers = fromNewAddress();
    for (let count = 0; count < 4; count += 1)
      expect((await verify(token, { password: strangers }, headers)).status).toBe(401);
    const client = server.anonymous(headers);
    expect((await client.mutate("auth.signIn", { email, password })).status).toBe(401);
    const sixth = await verify(token, { password }, headers);
    expect(reason(sixth)).toBe("rate_limited");
    expect(sixth.headers.get("ratelimit-policy")).toBe('"auth_account_address";q=5;w=900');
    expect(await accounts(email)).toEqual([]);
    must(await verify(token, { password }));
  });
});

test("the account is the signer's own act, sees its role in the audit log, and no password in the row that waits", async () => {
  const email = "audited@example.org";
  const token = await tokenFor(email);
  const [row] = await server.owner`select * from link_tokens where email = ${email}`;
  expect(row).toMatchObject({ purpose: "sign_up", role: "member" });
  expect(row?.password_hash).toMatch(/^\$argon2id\$/);
  must(await verify(token));
  const admin = await server.signIn("admin@example.org", fromNewAddress());
  const { items } = must(await admin.query("audit.search", { actions: ["user.signed_up"] }));
  expect(items[0]).toMatchObject({
    actor: { kind: "user", label: email },
    target: { kind: "user", label: email },
    details: { role: "member", invited: false },
  });
});

test("a link ends after 24 hours, and the address is free again", async () => {
  const email = "slow@example.org";
  const token = await tokenFor(email);
  clock.advance(24 * 3600 + 1);
  expect(reason(await verify(token))).toBe("invalid_token");
  must(await verify(await tokenFor(email, 2)));
});

test("an invited person proves the address like everybody, and gets the role of the invitation, with its end", async () => {
  const admin = await server.signIn("admin@example.org", fromNewAddress());
  const email = "invited@example.org";
  const until = new Date(clock.now().getTime() + 86_400_000).toISOString();
  must(await admin.mutate("users.invite", { email, role: "auditor", until }));
  const [invited] = await mailsTo(server, email);
  if (!invited) throw new Error("no mail");
  const invitation = tokenIn(invited);
  const answer = visiblePart(await signUp(email, { invitation }));
  expect(answer).toMatchObject({ status: 200, data: { status: "verificationSent" } });
  expect(answer.headers).not.toHaveProperty("set-cookie");
  expect(reason(await signUp(email, { invitation }))).toBe("invalid_token");
  const confirmation = (await mailsTo(server, email, 2)).find(({ text }) =>
    text.includes("/verify#"),
  );
  if (!confirmation) throw new Error("no mail");
  must(await verify(tokenIn(confirmation)));
  expect(must(await signIn(email)).user).toMatchObject({ email, role: "auditor" });
  const { items } = must(await admin.query("audit.search", { actions: ["user.signed_up"] }));
  expect(items[0].details).toEqual({ role: "auditor", invited: true, until });
  const { id } = items[0].target;
  expect(must(await admin.query("users.get", { id })).roleUntil).toBe(until);
});

test.each([
  ["was demoted", "users.setRole", { role: "member" }],
  ["was disabled", "users.disable", {}],
  ["was deleted", "users.delete", {}],
] as const)("a sign-up that waits while its inviter %s gets no link", async (_, act, more) => {
  const admin = await server.signIn("admin@example.org", fromNewAddress());
  const inviter = await server.user("admin");
  const { jobs, database } = server.deps;
  const enqueue = (email: string) =>
    database.transaction({}, (tx) =>
      jobs.enqueue(tx, signUpQueue, {
        ...{ email, displayName: "New", passwordHash: "none", role: "admin" },
        ...{ invited: true, invitedBy: inviter.id },
      }),
    );
  const done = () =>
    expect.poll(() => server.owner`select 1 from jobs where queue = ${signUpQueue}`).toEqual([]);
  const [before, after] = [`before-${inviter.id}@example.org`, `after-${inviter.id}@example.org`];
  const waiting = (email: string) =>
    server.owner`select role from link_tokens where email = ${email}`;
  await enqueue(before);
  await done();
  expect(await waiting(before)).toEqual([{ role: "admin" }]);
  must(await admin.mutate(act, { id: inviter.id, ...more }));
  await enqueue(after);
  await done();
  expect([...(await waiting(before)), ...(await waiting(after))]).toEqual([]);
});

test("a role cannot be asked for, and a closed door stays one", async () => {
  expect(reason(await signUp("wish@example.org", { role: "admin" }))).toBe("invalid_input");
  const closed = await startTestServer({
    besides: server,
    now: clock.now,
    env: { SIGN_UP: "invite", SIGN_UP_VERIFY: "on", TRUST_PROXY: "1" },
  });
  try {
    const token = await tokenFor("late-comer@example.org");
    const client = closed.anonymous(fromNewAddress());
    expect(reason(await client.mutate("auth.verifyEmail", { token }))).toBe("sign_up_closed");
    // Refused, and not used up.
    must(await verify(token));
  } finally {
    await closed.stop();
  }
});
