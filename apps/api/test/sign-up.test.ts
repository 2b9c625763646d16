import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fromNewAddress } from "./addresses.ts";
import type { Answer, Client } from "./client.ts";
import { createClock } from "./clock.ts";
import { must, password, startTestServer, type TestServer } from "./harness.ts";
import { mailsTo, tokenIn } from "./outbox.ts";

const clock = createClock();
let server: TestServer;
let admin: Client;
beforeAll(async () => {
  server = await startTestServer({
    now: clock.now,
    env: { TRUST_PROXY: "1", MAIL_FROM: "Muniment <noreply@example.org>" },
  });
  admin = await server.admin();
});
afterAll(() => server.stop());

const reason = (answer: Answer) => answer.error?.data.reason;
const signUp = (on: TestServer, email: string, more: object = {}) =>
  on
    .anonymous(fromNewAddress())
    .mutate("auth.signUp", { email, password, displayName: "New", ...more });

async function invited(email: string, role = "member"): Promise<string> {
  const before = await server.owner`select 1 from link_tokens where email = ${email}`;
  must(await admin.mutate("users.invite", { email, role }));
  const mails = await mailsTo(server, email, before.length + 1);
  const last = mails.at(-1);
  if (!last) throw new Error("no mail");
  return tokenIn(last);
}

describe("an invitation", () => {
  test("comes as an RFC 5322 mail with the link in its text", async () => {
    const email = "guest@example.org";
    const answer = must(await admin.mutate("users.invite", { email, role: "auditor" }));
    expect(answer).toEqual({
      ...{ email, role: "auditor", roleUntil: null },
      expiresAt: expect.any(String),
    });
    const [mail] = await mailsTo(server, email);
    if (!mail) throw new Error("no mail");
    expect(mail.mode).toBe(0o600);
    expect(mail.raw).not.toMatch(/[^\r]\n/);
    for (const line of mail.raw.split("\r\n")) expect(line.length).toBeLessThanOrEqual(78);
    expect(Object.fromEntries(mail.headers)).toMatchObject({
      from: "Muniment <noreply@example.org>",
      to: email,
      subject: "Your invitation to Muniment",
      date: expect.any(String),
      "message-id": expect.stringMatching(/^<.+@.+>$/),
      "mime-version": "1.0",
      "content-type": "text/plain; charset=utf-8",
      "content-transfer-encoding": expect.stringMatching(/^(?:7bit|quoted-printable)$/),
    });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: only ASCII may be in it
    expect(mail.raw).toMatch(/^[\x00-\x7f]*$/);
    expect(mail.text).toMatch(
      new RegExp(`^${server.url}/sign-up#invitation=[A-Za-z0-9_-]{43}$`, "m"),
    );
    expect(mail.text).toContain("Administrator invites you");
  });

  test("has its link from PUBLIC_URL, not from what a request claims", async () => {
    const email = "hosted@example.org";
    const cookie = admin.cookie;
    const response = await server.fetch("/trpc/users.invite", {
      method: "POST",
      headers: {
        "content-type": "application/json",
        cookie,
        origin: server.url,
        "x-forwarded-host": "evil.example",
        "x-forwarded-proto": "https",
        forwarded: "host=evil.example",
      },
      body: JSON.stringify({ email, role: "member" }),
    });
    expect(response.status).toBe(200);
    const [mail] = await mailsTo(server, email);
    expect(mail?.text).toContain(`${server.url}/sign-up#`);
    expect(mail?.text).not.toContain("evil.example");
  });

  test("makes an account of its role for its address, whatever the case, and signs it in", async () => {
    const invitation = await invited("fresh@example.org", "auditor");
    const client = server.anonymous(fromNewAddress());
    const answer = await client.mutate("auth.signUp", {
      email: "Fresh@Example.ORG",
      password,
      displayName: "  Fresh  ",
      invitation,
    });
    const { status, user } = must(answer);
    expect(status).toBe("signedIn");
    expect(user).toMatchObject({
      email: "fresh@example.org",
      role: "auditor",
      displayName: "Fresh",
    });
    expect(must(await client.query("auth.me"))).toEqual(user);
    const [row] = await server.owner`select password_hash from users where id = ${user.id}`;
    expect(row?.password_hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    const page = must(await admin.query("audit.search", { actions: ["user.signed_up"] }));
    expect(page.items[0]).toMatchObject({
      actor: { kind: "user", id: user.id, label: "fresh@example.org" },
      details: { role: "auditor", invited: true },
    });
  });

  test("is for its address only, and still there after a wrong one tried", async () => {
    const invitation = await invited("bound@example.org");
    expect(reason(await signUp(server, "thief@example.org", { invitation }))).toBe("invalid_token");
    expect(reason(await signUp(server, "bound@example.org", { invitation: "A".repeat(43) }))).toBe(
      "invalid_token",
    );
    expect((await signUp(server, "bound@example.org", { invitation })).status).toBe(200);
  });

  test("works once, whoever uses it 20 times at once", async () => {
    const email = "once@example.org";
    const invitation = await invited(email);
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => signUp(server, email, { invitation })),
    );
    const refusals = answers.filter(({ status }) => status !== 200).map(reason);
    expect(refusals).toEqual(Array(19).fill("invalid_token"));
    expect(await server.owner`select 1 from users where email = ${email}`).toHaveLength(1);
    expect(reason(await signUp(server, email, { invitation }))).toBe("invalid_token");
  });

  test("ends after three days", async () => {
    const early = await invited("early@example.org");
    const late = await invited("late@example.org");
    clock.advance(72 * 3600 - 60);
    expect((await signUp(server, "early@example.org", { invitation: early })).status).toBe(200);
    clock.advance(61);
    expect(reason(await signUp(server, "late@example.org", { invitation: late }))).toBe(
      "invalid_token",
    );
    // By now the administrator must sign in again too.
    admin = await server.signIn("admin@example.org");
  });

  test("is replaced by the next for the same address", async () => {
    const first = await invited("twice@example.org");
    const second = await invited("twice@example.org", "auditor");
    expect(first).not.toBe(second);
    expect(reason(await signUp(server, "twice@example.org", { invitation: first }))).toBe(
      "invalid_token",
    );
    const { user } = must(await signUp(server, "twice@example.org", { invitation: second }));
    expect(user.role).toBe("auditor");
  });

  test("is stored as a hash, and the setup link is none", async () => {
    const invitation = await invited("hashed@example.org");
    const [row] = await server.owner`select * from link_tokens where email = 'hashed@example.org'`;
    expect(Buffer.from(row?.hash)).toEqual(createHash("sha256").update(invitation).digest());
    expect(JSON.stringify(row)).not.toContain(invitation);
    const asSetup = { token: invitation, email: "x@example.org", password, displayName: "X" };
    const answer = await server.anonymous(fromNewAddress()).mutate("setup.createAdmin", asSetup);
    expect(reason(answer)).toBe("invalid_token");
  });

  test("is not made for an address that has an account, nor more than five an hour for one", async () => {
    const { email } = await server.member();
    const known = await admin.mutate("users.invite", {
      email: email.toUpperCase(),
      role: "member",
    });
    expect([known.status, reason(known)]).toEqual([409, "already_exists"]);
    const many = { email: "flooded@example.org", role: "member" };
    for (let count = 0; count < 5; count += 1) must(await admin.mutate("users.invite", many));
    const answer = await admin.mutate("users.invite", many);
    expect([answer.status, reason(answer)]).toEqual([429, "rate_limited"]);
    expect(answer.headers.get("ratelimit-policy")).toBe('"mail";q=5;w=3600');
  });

  test("is audited without the address outside the personal column", async () => {
    const email = "private@example.org";
    must(await admin.mutate("users.invite", { email, role: "member" }));
    const [item] = must(await admin.query("audit.search", { actions: ["user.invited"] })).items;
    expect(item.target).toMatchObject({ kind: "invitation", label: email });
    const [row] = await server.owner`
      select to_jsonb(e) - 'personal' as rest, personal from audit_entries e where id = ${item.id}`;
    expect(JSON.stringify(row)).not.toContain("private");
  });
});

describe("the invitations of an administrator", () => {
  test.each([
    ["is demoted", "users.setRole", { role: "member" }],
    ["is disabled", "users.disable", {}],
    ["is deleted", "users.delete", {}],
  ] as const)("who %s are worthless from then on, and only theirs", async (_, act, more) => {
    const leaving = await server.user("admin");
    const [back, other] = [`back-${leaving.id}@example.org`, `other-${leaving.id}@example.org`];
    must(await leaving.mutate("users.invite", { email: back, role: "admin" }));
    const [mail] = await mailsTo(server, back);
    if (!mail) throw new Error("no mail");
    const staying = await invited(other);
    must(await admin.mutate(act, { id: leaving.id, ...more }));
    expect(reason(await signUp(server, back, { invitation: tokenIn(mail) }))).toBe("invalid_token");
    expect((await signUp(server, other, { invitation: staying })).status).toBe(200);
    const actions = ["user.role_changed", "user.disabled"];
    const search = { actions, targetId: leaving.id };
    const { items } = must(await admin.query("audit.search", search));
    for (const { details } of items) expect(details).toMatchObject({ invitationsRevoked: 1 });
  });
});

describe("sign-up by policy", () => {
  test("invite: without an invitation it is refused", async () => {
    const answer = await signUp(server, "uninvited@example.org");
    expect([answer.status, reason(answer)]).toEqual([403, "sign_up_closed"]);
  });

  test("closed: not even with one", async () => {
    const closed = await startTestServer({
      env: { SIGN_UP: "closed", TRUST_PROXY: "1" },
      besides: server,
      now: clock.now,
    });
    try {
      expect(must(await closed.anonymous().query("setup.status")).signUp).toBe("closed");
      const email = "invited-but-closed@example.org";
      const invitation = await invited(email);
      for (const more of [{}, { invitation }])
        expect(reason(await signUp(closed, email, more))).toBe("sign_up_closed");
      expect((await signUp(server, email, { invitation })).status).toBe(200);
      // Nor is anybody invited to a door that stays closed.
      const there = await closed.user("admin");
      const useless = { email: "useless@example.org", role: "member" };
      expect(reason(await there.mutate("users.invite", useless))).toBe("sign_up_closed");
    } finally {
      await closed.stop();
    }
  });

  test("open: anyone becomes a member, one account for each address", async () => {
    const open = await startTestServer({ env: { SIGN_UP: "open", TRUST_PROXY: "1" } });
    try {
      const { user } = must(await signUp(open, "anyone@example.org"));
      expect(user.role).toBe("member");
      for (const email of ["anyone@example.org", "ANYONE@EXAMPLE.ORG", " Anyone@example.org "]) {
        const again = await signUp(open, email);
        expect([again.status, reason(again)]).toEqual([409, "already_exists"]);
        expect(again.headers.getSetCookie()).toEqual([]);
      }
      const racing = await Promise.all(
        Array.from({ length: 10 }, (_, at) =>
          signUp(open, at % 2 ? "Race@example.org" : "race@example.org"),
        ),
      );
      expect(racing.filter(({ status }) => status === 200)).toHaveLength(1);
      expect(racing.filter((answer) => reason(answer) === "already_exists")).toHaveLength(9);
      // A role cannot be asked for.
      const wish = await signUp(open, "wish@example.org", { role: "admin" });
      expect(reason(wish)).toBe("invalid_input");
    } finally {
      await open.stop();
    }
  });

  test("is limited to 20 an hour from one address", async () => {
    const headers = fromNewAddress();
    const attempts = Array.from({ length: 22 }, (_, at) =>
      server
        .anonymous(headers)
        .mutate("auth.signUp", { email: `s${at}@example.org`, password, displayName: "S" }),
    );
    const answers = await Promise.all(attempts);
    expect(answers.map(reason).filter((text) => text === "rate_limited")).toHaveLength(2);
    const policy = answers.find(({ status }) => status === 429)?.headers.get("ratelimit-policy");
    expect(policy).toBe('"sign_up";q=20;w=3600');
  });
});

describe("what a sign-up may hold", () => {
  const wrongAddresses = [
    "plain",
    "@example.org",
    "a@",
    "a@b@example.org",
    "a b@example.org",
    '"a b"@example.org',
    "a..b@example.org",
    ".a@example.org",
    "a.@example.org",
    "a@-example.org",
    "a@example..org",
    "a@exam_ple.org",
    "a@[127.0.0.1]",
    "a@example.org,b@example.org",
    "a@example.org\r\nBcc: b@example.org",
    "a\u0000@example.org",
    "\u00e4@example.org",
    "a@exam\u00adple.org",
    "a\uff20example.org",
    "a@example.org\r\n",
    "a@127.0.0.1",
    "a@example.org.",
    "Name <a@example.org>",
    `${"a".repeat(250)}@example.org`,
    "",
  ];
  test.each(wrongAddresses)("not the address %j", async (email) => {
    const answer = await signUp(server, email, { invitation: "A".repeat(43) });
    expect([answer.status, reason(answer)]).toEqual([400, "invalid_input"]);
  });

  test.each([
    ["14 characters", "fourteen chars"],
    ["14 characters that take two code units each", "\u{1f600}".repeat(14)],
    ["129 characters", "x".repeat(129)],
    ["a lone surrogate", `${"x".repeat(20)}\ud800`],
    ["a number", 123_456_789_012_345],
  ])("not a password of %s", async (_, given) => {
    const answer = await signUp(server, "p@example.org", {
      password: given,
      invitation: "A".repeat(43),
    });
    expect([answer.status, reason(answer)]).toEqual([400, "invalid_input"]);
  });

  test.each([
    ["15 characters", "fifteen  chars!"],
    [
      "128 wide characters",
      String.fromCodePoint(...Array.from({ length: 128 }, (_, at) => 0x1f300 + ((at * 37) % 128))),
    ],
    ["blanks at its ends", "  seven green owls  "],
  ])("but a password of %s", async (_, given) => {
    const email = `p${given.length}@example.org`;
    const invitation = await invited(email);
    expect((await signUp(server, email, { password: given, invitation })).status).toBe(200);
    const signIn = await server
      .anonymous(fromNewAddress())
      .mutate("auth.signIn", { email, password: given });
    expect(signIn.status).toBe(200);
  });
});
