import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fromNewAddress } from "./addresses.ts";
import type { Answer, Client } from "./client.ts";
import { createClock } from "./clock.ts";
import { must, password, startTestServer, type TestServer, type UserClient } from "./harness.ts";
import { mailsTo, type SentMail, tokenIn } from "./outbox.ts";
import { visiblePart } from "./told-apart.ts";

const clock = createClock();
const chosen = "marmalade for every otter";
let server: TestServer;
let count = 0;
beforeAll(async () => {
  server = await startTestServer({ now: clock.now, env: { TRUST_PROXY: "1" } });
});
afterAll(() => server.stop());

const reason = (answer: Answer) => answer.error?.data.reason;
const freshAddress = () => {
  count += 1;
  return `moved-${count}@example.org`;
};
const anonymous = () => server.anonymous(fromNewAddress());
const confirm = (token: string, client: Client = anonymous()) =>
  client.mutate("account.confirmEmail", { token });
const undo = (token: string) =>
  anonymous().mutate("account.undoEmail", { token, password: chosen });
const signIn = (email: string, given = password) =>
  anonymous().mutate("auth.signIn", { email, password: given });

/** The mail to an address that holds a link to a page. */
async function linkMail(address: string, page: string): Promise<SentMail> {
  const find = async () =>
    (await mailsTo(server, address, 0)).filter(({ text }) => text.includes(`/${page}#`)).at(-1);
  await expect.poll(async () => (await find()) !== undefined).toBe(true);
  const mail = await find();
  if (!mail) throw new Error("no mail");
  return mail;
}

async function requestTo(member: UserClient, email: string): Promise<string> {
  must(await member.mutate("account.changeEmail", { email }));
  return tokenIn(await linkMail(email, "confirm-email"));
}

/** Changes a member's address; answers the token that takes it back. */
async function move(member: UserClient, email: string): Promise<string> {
  must(await confirm(await requestTo(member, email)));
  return tokenIn(await linkMail(member.email, "undo-email"));
}

describe("another address", () => {
  test("ASVS 6.3.7: changes nothing before it is confirmed, and both addresses are told", async () => {
    const member = await server.member();
    const other = await server.signIn(member.email, fromNewAddress());
    const email = freshAddress();
    const token = await requestTo(member, email);
    const toBoth = await mailsTo(server, member.email, 2);
    const asked = toBoth.find(
      ({ headers }) => headers.get("subject") === "Another address for your account",
    );
    expect(asked).toBeDefined();
    expect(asked?.text).not.toContain("#token=");
    expect(must(await member.query("auth.me")).email).toBe(member.email);
    expect(reason(await signIn(email))).toBe("invalid_credentials");
    expect(must(await confirm(token, member))).toEqual({ status: "verified", email });
    expect(must(await member.query("auth.me")).email).toBe(email);
    expect((await other.query("auth.me")).status).toBe(401);
    expect(reason(await signIn(member.email))).toBe("invalid_credentials");
    expect((await signIn(email)).status).toBe(200);
    expect((await linkMail(member.email, "undo-email")).text).toContain("no longer signs in");
    const told = async () =>
      (await mailsTo(server, email)).map((mail) => mail.headers.get("subject"));
    await expect.poll(told).toContain("The address of your account was changed");
  });

  test("ASVS 7.5.1: needs a fresh authentication", async () => {
    const member = await server.member();
    clock.advance(301);
    const answer = await member.mutate("account.changeEmail", { email: freshAddress() });
    expect([answer.status, reason(answer)]).toEqual([403, "reauthentication_required"]);
  });

  test("ASVS 6.3.8: is answered alike whether somebody has it or not, and is nobody's twice", async () => {
    const [member, owner] = [await server.member(), await server.member()];
    const ask = async (email: string) => {
      const asker = await server.member();
      return visiblePart(await asker.mutate("account.changeEmail", { email }));
    };
    const free = freshAddress();
    expect(await ask(owner.email.toUpperCase())).toEqual(await ask(free));
    const [mail] = await mailsTo(server, owner.email);
    expect(mail?.headers.get("subject")).toBe("This address has an account");
    expect(mail?.text).not.toContain("#token=");
    // Taken between the request and the confirmation.
    const contested = freshAddress();
    const token = await requestTo(member, contested);
    await server.member(contested);
    expect(reason(await confirm(token))).toBe("already_exists");
    expect(must(await member.query("auth.me")).email).toBe(member.email);
  });

  test("is confirmed once, whoever uses the link 50 times at once", async () => {
    const member = await server.member();
    const token = await requestTo(member, freshAddress());
    const answers = await Promise.all(Array.from({ length: 50 }, () => confirm(token)));
    const refusals = answers.filter(({ status }) => status !== 200).map(reason);
    expect(refusals).toEqual(Array(49).fill("invalid_token"));
  });

  test("has a link for an hour, which a newer request and a new password make worthless", async () => {
    const member = await server.member();
    const first = await requestTo(member, freshAddress());
    const second = await requestTo(member, freshAddress());
    expect(reason(await confirm(first))).toBe("invalid_token");
    const change = { currentPassword: password, password: chosen };
    must(await member.mutate("account.changePassword", change));
    expect(reason(await confirm(second))).toBe("invalid_token");
    const third = await requestTo(member, freshAddress());
    clock.advance(3601);
    expect(reason(await confirm(third))).toBe("invalid_token");
  });

  test("makes a reset link of the old one worthless", async () => {
    const member = await server.member();
    must(await anonymous().mutate("auth.requestPasswordReset", { email: member.email }));
    const token = tokenIn(await linkMail(member.email, "reset"));
    await move(member, freshAddress());
    const answer = await anonymous().mutate("auth.resetPassword", { token, password: chosen });
    expect(reason(answer)).toBe("invalid_token");
  });

  test("and an administrator's help are out of reach of strangers who use up its mails", async () => {
    const member = await server.member();
    const request = { email: member.email };
    for (let at = 0; at < 5; at += 1)
      must(await anonymous().mutate("auth.requestPasswordReset", request));
    const more = await anonymous().mutate("auth.requestPasswordReset", request);
    expect(reason(more)).toBe("rate_limited");
    must(await member.mutate("account.changeEmail", { email: freshAddress() }));
    const admin = await server.user("admin");
    must(await admin.mutate("users.startPasswordReset", { id: member.id }));
  });

  test("one's own, and more than five an hour, are refused", async () => {
    const member = await server.member();
    const own = await member.mutate("account.changeEmail", { email: member.email });
    expect([own.status, reason(own)]).toEqual([409, "already_exists"]);
    const answers = [];
    for (let at = 0; at < 6; at += 1)
      answers.push(await member.mutate("account.changeEmail", { email: freshAddress() }));
    expect(answers.map(reason)).toContain("rate_limited");
  });
});

describe("taking a change back", () => {
  test("gives the address a new password with it, ends every session and starts none", async () => {
    const member = await server.member();
    const taken = freshAddress();
    const token = await move(member, taken);
    const thief = await server.signIn(taken, fromNewAddress());
    const answer = await undo(token);
    expect(must(answer)).toEqual({ status: "passwordReset" });
    expect(answer.headers.getSetCookie()).toEqual([]);
    expect((await thief.query("auth.me")).status).toBe(401);
    // Nor is the thief's browser a known device any more.
    const devices = await server.owner`select 1 from known_devices where user_id = ${member.id}`;
    expect(devices).toEqual([]);
    for (const [email, given] of [
      [taken, password],
      [taken, chosen],
      [member.email, password],
    ] as const)
      expect(reason(await signIn(email, given))).toBe("invalid_credentials");
    expect((await signIn(member.email, chosen)).status).toBe(200);
    expect(reason(await undo(token))).toBe("invalid_token");
  });

  test("works after further changes, and leaves their links worthless", async () => {
    const member = await server.member();
    const [second, third] = [freshAddress(), freshAddress()];
    const first = await move(member, second);
    const moved = Object.assign(await server.signIn(second, fromNewAddress()), {
      email: second,
      id: member.id,
    });
    const later = await move(moved, third);
    must(await undo(first));
    expect(reason(await undo(later))).toBe("invalid_token");
    expect((await signIn(member.email, chosen)).status).toBe(200);
  });

  test("knows which change came first, though the clock was put back between them", async () => {
    const member = await server.member();
    const [second, third] = [freshAddress(), freshAddress()];
    const owners = await move(member, second);
    const thief = Object.assign(await server.signIn(second, fromNewAddress()), {
      email: second,
      id: member.id,
    });
    clock.advance(-60);
    const thiefs = await move(thief, third);
    clock.advance(60);
    must(await undo(owners));
    expect(reason(await undo(thiefs))).toBe("invalid_token");
  });

  test("by the address of a thief leaves the owner's link in force", async () => {
    const member = await server.member();
    const [second, third] = [freshAddress(), freshAddress()];
    const owners = await move(member, second);
    const thief = Object.assign(await server.signIn(second, fromNewAddress()), {
      email: second,
      id: member.id,
    });
    must(await undo(await move(thief, third)));
    expect((await signIn(second, chosen)).status).toBe(200);
    must(await undo(owners));
    expect((await signIn(member.email, chosen)).status).toBe(200);
    expect(reason(await signIn(second, chosen))).toBe("invalid_credentials");
  });

  test("ends after three days, and with the account", async () => {
    const member = await server.member();
    const token = await move(member, freshAddress());
    clock.advance(72 * 3600 + 1);
    expect(reason(await undo(token))).toBe("invalid_token");
    const second = await server.member();
    const undoSecond = await move(second, freshAddress());
    const admin = await server.user("admin");
    must(await admin.mutate("users.disable", { id: second.id }));
    expect(reason(await undo(undoSecond))).toBe("invalid_token");
  });
});
