import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { fromNewAddress } from "./addresses.ts";
import type { Answer, Client } from "./client.ts";
import { createClock } from "./clock.ts";
import { must, password, startTestServer, type TestServer } from "./harness.ts";
import { mailsTo } from "./outbox.ts";

const clock = createClock();

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({
    now: clock.now,
    env: { TRUST_PROXY: "1", AUTH_RATE_LIMIT_ACCOUNT_MAX: "12" },
  });
});
afterAll(() => server.stop());

const wrong = "not the password at all";
const signIn = (client: Client, email: string, given = password) =>
  client.mutate("auth.signIn", { email, password: given });
async function fail(client: Client, email: string, times: number) {
  for (let count = 0; count < times; count += 1)
    expect((await signIn(client, email, wrong)).status).toBe(401);
}
/** Guesses from many addresses until the account takes no more from strangers. */
async function lockOut(email: string) {
  for (let from = 0; from < 3; from += 1) await fail(server.anonymous(fromNewAddress()), email, 4);
  expect((await signIn(server.anonymous(fromNewAddress()), email)).status).toBe(429);
}
/** A browser at an address: the cookies of one that was there, without its session. */
const browser = ({ device }: Client, headers = fromNewAddress()) =>
  Object.assign(server.anonymous(headers), { device });
const limitOf = ({ headers }: Answer) =>
  /^"(\w+)"/.exec(headers.get("ratelimit-policy") ?? "")?.[1];

describe("the cookie of a known device", () => {
  test("V3.3.2 V3.3.4 is set at sign-in: HttpOnly, SameSite, of 256 random bits, stored only as a hash", async () => {
    const { email, id } = await server.member();
    const answer = await signIn(server.anonymous(), email);
    const header = answer.headers.getSetCookie().find((text) => text.includes("device"));
    expect(header).toMatch(
      /^muniment_device=[A-Za-z0-9_-]{43}; Path=\/; HttpOnly; SameSite=Strict; Expires=/,
    );
    const token = header?.split(/[=;]/)[1] ?? "";
    const rows = await server.owner`select encode(hash, 'escape') as text, hash from known_devices
      where user_id = ${id}`;
    expect(rows.every(({ text, hash }) => text !== token && hash.length === 32)).toBe(true);
  });

  test("stays the same at the next sign-in, and holds one token for each account of the browser", async () => {
    const [ann, ben] = [await server.member(), await server.member()];
    const shared = browser(ann);
    must(await signIn(shared, ann.email));
    expect(shared.device).toBe(ann.device);
    must(await signIn(shared, ben.email));
    expect(shared.device.split(".")).toHaveLength(2);
    const both = shared.device;
    must(await signIn(shared, ann.email));
    must(await signIn(shared, ben.email));
    expect(shared.device).toBe(both);
  });

  test("holds eight tokens at most, and an account knows twenty devices at most", async () => {
    const member = await server.member();
    const client = server.anonymous(fromNewAddress());
    client.device = `muniment_device=${Array.from({ length: 12 }, (_, at) => `${at % 10}`.repeat(43)).join(".")}`;
    must(await signIn(client, member.email));
    expect(client.device.split(".")).toHaveLength(8);
    for (let device = 0; device < 21; device += 1)
      must(await signIn(server.anonymous(), member.email));
    const rows = await server.owner`select 1 from known_devices where user_id = ${member.id}`;
    expect(rows).toHaveLength(20);
  });

  test("is never taken over by an account that did not give it out", async () => {
    const [thief, owner] = [await server.member(), await server.member()];
    const planted = browser(thief);
    must(await signIn(planted, owner.email));
    await lockOut(owner.email);
    expect((await signIn(browser(thief), owner.email)).status).toBe(429);
    expect((await signIn(browser(planted), owner.email)).status).toBe(200);
  });
});

describe("V6.1.1 V6.3.1 a stranger cannot lock the owner out of a known device", () => {
  test("with guesses from everywhere", async () => {
    const owner = await server.member();
    await lockOut(owner.email);
    expect((await signIn(browser(owner), owner.email)).status).toBe(200);
    must(await owner.mutate("auth.reauthenticate", { password }));
  });

  test("with guesses from the owner's own address", async () => {
    const owner = await server.member();
    const office = fromNewAddress();
    for (let account = 0; account < 20; account += 1)
      await fail(server.anonymous(office), `nobody-${account}@example.org`, 1);
    expect((await signIn(server.anonymous(office), owner.email)).status).toBe(429);
    expect((await signIn(browser(owner, office), owner.email)).status).toBe(200);
  });

  test("but a thief of the device has five guesses of its own, whatever the addresses", async () => {
    const owner = await server.member();
    for (let guess = 0; guess < 5; guess += 1) await fail(browser(owner), owner.email, 1);
    const blocked = await signIn(browser(owner), owner.email);
    expect([blocked.status, limitOf(blocked)]).toEqual([429, "auth_device"]);
    expect((await signIn(server.anonymous(fromNewAddress()), owner.email)).status).toBe(200);
  });

  test("of 30 guesses at once from a known device five are looked at", async () => {
    const owner = await server.member();
    const thief = browser(owner);
    const answers = await Promise.all(
      Array.from({ length: 30 }, () => signIn(thief, owner.email, wrong)),
    );
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(5);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(25);
  });

  test("a changed password makes every other device a stranger again", async () => {
    const owner = await server.member();
    const other = await server.signIn(owner.email);
    const next = "seven green owls sing";
    must(
      await owner.mutate("account.changePassword", { currentPassword: password, password: next }),
    );
    expect(limitOf(await signIn(browser(other), owner.email, wrong))).not.toBe("auth_device");
    expect(limitOf(await signIn(browser(owner), owner.email, wrong))).toBe("auth_device");
  });
});

test("V6.3.8 a device token, right elsewhere, old or made up, tells nothing of whether an account exists", async () => {
  const [known, other] = [await server.member(), await server.member()];
  const gone = await server.member();
  must(await (await server.admin()).mutate("users.delete", { id: gone.id }));
  const visible = async (device: string, email: string) => {
    const client = Object.assign(server.anonymous(fromNewAddress()), { device });
    const { status, headers, error } = await signIn(client, email, wrong);
    const shown = Object.fromEntries(headers);
    for (const name of ["date", "x-request-id"]) delete shown[name];
    return { status, message: error?.message, reason: error?.data.reason, headers: shown };
  };
  const plain = await visible("", known.email);
  const madeUp = `muniment_device=${"A".repeat(43)}`;
  for (const device of [other.device, gone.device, madeUp, "muniment_device=x.y.z"]) {
    expect(await visible(device, known.email)).toEqual(plain);
    expect(await visible(device, "nobody@example.org")).toEqual(plain);
    expect(await visible(device, gone.email)).toEqual(plain);
  }
});

describe("the owner", () => {
  test("V6.3.5 is told by mail of each new device, five times in ten minutes, and not of known ones", async () => {
    const owner = await server.member();
    must(await signIn(browser(owner), owner.email));
    expect(await mailsTo(server, owner.email, 0)).toEqual([]);
    clock.advance(601);
    const told = async (count: number) =>
      (await mailsTo(server, owner.email, count)).map(({ headers }) => headers.get("subject"));
    const notice = "A sign-in from a new device";
    await server.signIn(owner.email);
    const second = fromNewAddress();
    await server.signIn(owner.email, second);
    expect(await told(2)).toEqual([notice, notice]);
    const [, mail] = await mailsTo(server, owner.email, 2);
    expect(mail?.text).toContain(second["x-forwarded-for"]);
    for (let at = 0; at < 5; at += 1) await server.signIn(owner.email);
    expect(await told(5)).toEqual(Array(5).fill(notice));
    clock.advance(601);
    const last = fromNewAddress();
    await server.signIn(owner.email, last);
    const newest = async () => (await mailsTo(server, owner.email)).at(-1)?.text;
    await expect.poll(newest).toContain(last["x-forwarded-for"]);
    expect(await told(6)).toEqual(Array(6).fill(notice));
  });

  test("V6.3.5 sees their own sign-ins and the attempts at them, and nobody else's", async () => {
    const [owner, other] = [await server.member(), await server.member()];
    const from = fromNewAddress();
    const guesser = server.anonymous({ ...from, "user-agent": "guesser/1" });
    await fail(guesser, owner.email, 2);
    await expect
      .poll(async () => must(await owner.query("account.signIns")).items.length)
      .toBeGreaterThanOrEqual(3);
    const { items } = must(await owner.query("account.signIns"));
    expect(items.map(({ outcome }: { outcome: string }) => outcome)).toEqual([
      "wrong_password",
      "wrong_password",
      "signed_in",
    ]);
    expect(items[0]).toEqual({
      id: expect.any(String),
      at: expect.any(String),
      outcome: "wrong_password",
      address: from["x-forwarded-for"],
      userAgent: "guesser/1",
    });
    expect(must(await other.query("account.signIns")).items).toHaveLength(1);
    const first = must(await owner.query("account.signIns", { limit: 2 }));
    const rest = must(await owner.query("account.signIns", { cursor: first.nextCursor }));
    expect([...first.items, ...rest.items]).toEqual(items);
    expect((await server.anonymous().query("account.signIns")).status).toBe(401);
  });
});

describe("a locked account", () => {
  const entries = async (targetId: string) => {
    const admin = await server.admin();
    const actions = ["account.locked", "account.unlocked", "user.unlocked"];
    const { items } = must(await admin.query("audit.search", { actions, targetId }));
    return items.map(({ action }: { action: string }) => action);
  };

  test("leaves one entry, tells its owner, and another when its time is over", async () => {
    const owner = await server.member();
    await lockOut(owner.email);
    await signIn(server.anonymous(fromNewAddress()), owner.email);
    await expect.poll(() => entries(owner.id)).toEqual(["account.locked"]);
    const mails = await mailsTo(server, owner.email);
    expect(mails.map(({ headers }) => headers.get("subject"))).toEqual([
      "Sign-in to your account is locked for a while",
    ]);
    await server.deps.failedSignIns.unlock();
    expect(await entries(owner.id)).toEqual(["account.locked"]);
    const admin = await server.admin();
    const shown = must(await admin.query("users.list", { text: owner.email })).items[0];
    expect(Date.parse(shown.lockedUntil) - clock.now().getTime()).toBeGreaterThan(800_000);
    expect(must(await admin.query("users.get", { id: owner.id }))).toMatchObject({
      locked: true,
      lockedUntil: shown.lockedUntil,
    });
    clock.advance(901);
    await Promise.all([server.deps.failedSignIns.unlock(), server.deps.failedSignIns.unlock()]);
    expect(await entries(owner.id)).toEqual(["account.unlocked", "account.locked"]);
  });

  test("leaves no second entry where an administrator unlocked it before", async () => {
    const owner = await server.member();
    await lockOut(owner.email);
    await expect.poll(() => entries(owner.id)).toEqual(["account.locked"]);
    const unlocked = await (await server.admin()).mutate("users.unlock", { id: owner.id });
    expect(must(unlocked).lockedUntil).toBeNull();
    clock.advance(901);
    await server.deps.failedSignIns.unlock();
    expect(await entries(owner.id)).toEqual(["user.unlocked", "account.locked"]);
  });

  test("V6.3.8 that does not exist is answered alike, and leaves no entry", async () => {
    const locks = async () => {
      const admin = await server.admin();
      return must(await admin.query("audit.search", { actions: ["account.locked"] })).items.length;
    };
    await server.deps.failedSignIns.flush();
    const before = await locks();
    await lockOut("nobody-at-all@example.org");
    await server.deps.failedSignIns.flush();
    expect(await locks()).toBe(before);
  });
});

test("a stranger who may not try is refused without a look at the account", async () => {
  const { email } = await server.member();
  await lockOut(email);
  const looks = vi.spyOn(server.deps.database, "run");
  expect((await signIn(server.anonymous(fromNewAddress()), email)).status).toBe(429);
  expect(looks).not.toHaveBeenCalled();
  looks.mockRestore();
});
