import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { fromNewAddress } from "./addresses.ts";
import type { Answer, Client } from "./client.ts";
import { must, password, startTestServer, type TestServer } from "./harness.ts";

const verified = vi.hoisted(() => ({ count: 0 }));
vi.mock("../src/identity/hashing.ts", async (original) => {
  const { createHashing } = await original<typeof import("../src/identity/hashing.ts")>();
  type Hashing = ReturnType<typeof createHashing>;
  const wrap = (real: Hashing): Hashing => ({
    ...real,
    verify: (...args) => {
      verified.count += 1;
      return real.verify(...args);
    },
  });
  return { createHashing: () => wrap(createHashing()) };
});

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ env: { TRUST_PROXY: "1" } });
});
afterAll(() => server.stop());

const signIn = (client: Client, email: string, given = password) =>
  client.mutate("auth.signIn", { email, password: given });
const wrong = "not the password at all";
/** Callers at one address, none of whom signed in before. */
const strangerAt = (headers: Record<string, string>) => () => server.anonymous(headers);

async function fail(client: Client, email: string, times: number) {
  for (let count = 0; count < times; count += 1)
    expect((await signIn(client, email, wrong)).status).toBe(401);
}

const statuses = (answers: Answer[]) =>
  Object.fromEntries(
    [401, 429, 200].map((code) => [code, answers.filter(({ status }) => status === code).length]),
  );

describe("failed sign-ins to one account from one address", () => {
  test("are five, then 429 with the headers of the drafts, even with the right password", async () => {
    const { email } = await server.member();
    const client = server.anonymous(fromNewAddress());
    await fail(client, email, 5);
    const answer = await signIn(client, email);
    expect(answer.status).toBe(429);
    expect(answer.error?.data).toMatchObject({ code: "TOO_MANY_REQUESTS", reason: "rate_limited" });
    expect(answer.headers.get("ratelimit-policy")).toBe('"auth_account_address";q=5;w=900');
    expect(answer.headers.get("ratelimit")).toMatch(/^"auth_account_address";r=0;t=(?:900|89\d)$/);
    expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(880);
    // Spelling the address otherwise does not help.
    expect((await signIn(client, email.toUpperCase())).status).toBe(429);
  });

  test("do not lock the owner out at another address, nor the attacker's other targets", async () => {
    const owner = await server.member();
    const other = await server.member();
    const attacker = server.anonymous(fromNewAddress());
    await fail(attacker, owner.email, 5);
    expect((await signIn(attacker, owner.email)).status).toBe(429);
    expect((await signIn(server.anonymous(fromNewAddress()), owner.email)).status).toBe(200);
    expect((await signIn(attacker, other.email)).status).toBe(200);
  });

  test("of 55 at once exactly five reach the verifier", async () => {
    const { email } = await server.member();
    const client = server.anonymous(fromNewAddress());
    verified.count = 0;
    const answers = await Promise.all(
      Array.from({ length: 55 }, () => signIn(client, email, wrong)),
    );
    expect(statuses(answers)).toEqual({ 200: 0, 401: 5, 429: 50 });
    for (const { status, headers } of answers)
      if (status === 429) expect(Number(headers.get("retry-after"))).toBeGreaterThan(880);
    expect(verified.count).toBe(5);
  });

  test("right ones at once all succeed, in the last place too, and leave it free", async () => {
    const { email } = await server.member();
    const client = strangerAt(fromNewAddress());
    const atOnce = (times: number) =>
      Promise.all(Array.from({ length: times }, () => signIn(client(), email)));
    expect(statuses(await atOnce(30))).toEqual({ 200: 30, 401: 0, 429: 0 });
    await fail(client(), email, 4);
    expect(statuses(await atOnce(10))).toEqual({ 200: 10, 401: 0, 429: 0 });
    expect((await signIn(client(), email, wrong)).status).toBe(401);
    expect((await signIn(client(), email)).status).toBe(429);
  });

  test("success gives its attempt back", async () => {
    const { email } = await server.member();
    const client = strangerAt(fromNewAddress());
    await fail(client(), email, 4);
    for (let count = 0; count < 7; count += 1) must(await signIn(client(), email));
    await fail(client(), email, 1);
    expect((await signIn(client(), email)).status).toBe(429);
  });

  test("count the same however the path is spelt", async () => {
    const { email } = await server.member();
    const client = server.anonymous(fromNewAddress());
    await fail(client, email, 4);
    const spelt = await client.mutate("auth.signI%6E", { email, password: wrong });
    expect(spelt.error?.data.reason).toBe("invalid_credentials");
    expect((await signIn(client, email)).status).toBe(429);
    expect((await client.mutate("auth%2EsignIn", { email, password })).status).toBe(429);
  });

  test("count once per call of a batch, ten for ten", async () => {
    const { email } = await server.member();
    const headers = { ...fromNewAddress(), origin: server.url, "content-type": "application/json" };
    const calls = Array.from({ length: 10 }, (_, at) => [at, { email, password: wrong }]);
    const paths = calls.map(() => "auth.signIn").join(",");
    verified.count = 0;
    const response = await server.fetch(`/trpc/${paths}?batch=1`, {
      method: "POST",
      headers,
      body: JSON.stringify(Object.fromEntries(calls)),
    });
    expect(response.status).toBe(207);
    const bodies = (await response.json()) as { error: { data: { reason: string } } }[];
    const reasons = bodies.map(({ error }) => error.data.reason).sort();
    expect(reasons).toEqual([
      ...Array.from({ length: 5 }, () => "invalid_credentials"),
      ...Array.from({ length: 5 }, () => "rate_limited"),
    ]);
    expect(verified.count).toBe(5);
    expect(Number(response.headers.get("retry-after"))).toBeGreaterThan(880);
  });
});

describe("failed sign-ins in breadth", () => {
  test("from one address end after 20, whichever accounts were tried", async () => {
    const { email } = await server.member();
    const client = server.anonymous(fromNewAddress());
    for (let account = 0; account < 20; account += 1)
      await fail(client, `nobody-${account}@example.org`, 1);
    const answer = await signIn(client, email);
    expect(answer.status).toBe(429);
    expect(answer.headers.get("ratelimit-policy")).toBe('"auth_address";q=20;w=900');
    expect((await signIn(server.anonymous(fromNewAddress()), email)).status).toBe(200);
  });

  test("from one IPv6 /64 count together, from the next /64 apart", async () => {
    const { email } = await server.member();
    const at = (address: string) => server.anonymous({ "x-forwarded-for": address });
    for (let host = 1; host <= 5; host += 1) await fail(at(`2001:db8:1:2::${host}`), email, 1);
    expect((await signIn(at("2001:db8:1:2:ffff:ffff:ffff:ffff"), email)).status).toBe(429);
    expect((await signIn(at("2001:0DB8:0001:0002:0:0:0:1"), email)).status).toBe(429);
    expect((await signIn(at("2001:db8:1:3::1"), email)).status).toBe(200);
    // An IPv4-mapped address is its IPv4 address.
    await fail(at("203.0.113.9"), email, 5);
    expect((await signIn(at("::ffff:203.0.113.9"), email)).status).toBe(429);
  });

  test("only the address that the trusted proxy saw counts, not what the client claims", async () => {
    const { email } = await server.member();
    const real = fromNewAddress()["x-forwarded-for"];
    const claiming = (claim: string) =>
      server.anonymous({ "x-forwarded-for": `${claim}, ${real}` });
    for (let claim = 1; claim <= 5; claim += 1) await fail(claiming(`192.0.2.${claim}`), email, 1);
    expect((await signIn(claiming("192.0.2.200"), email)).status).toBe(429);
  });
});

describe("the ceiling of an account", () => {
  let small: TestServer;
  beforeAll(async () => {
    small = await startTestServer({
      env: { TRUST_PROXY: "1", AUTH_RATE_LIMIT_ACCOUNT_MAX: "12" },
    });
  });
  afterAll(() => small.stop());

  test("ends guesses from many addresses, until an administrator unlocks the account", async () => {
    const owner = await small.member();
    const guessers = [1, 2, 3].map(() => small.anonymous(fromNewAddress()));
    for (const guesser of guessers) await fail(guesser, owner.email, 4);
    const blocked = await signIn(small.anonymous(fromNewAddress()), owner.email);
    expect(blocked.status).toBe(429);
    expect(blocked.headers.get("ratelimit-policy")).toBe('"auth_account";q=12;w=900');
    const admin = await small.admin();
    expect(must(await admin.mutate("users.unlock", { id: owner.id })).email).toBe(owner.email);
    expect((await signIn(small.anonymous(fromNewAddress()), owner.email)).status).toBe(200);
  });

  test("that a start in memory has forgotten locks nobody, in the list and the log neither", async () => {
    const owner = await small.member();
    for (let address = 0; address < 3; address += 1)
      await fail(small.anonymous(fromNewAddress()), owner.email, 4);
    const admin = await small.admin();
    const listed = async () =>
      must(await admin.query("users.list", { text: owner.email })).items[0].lockedUntil;
    await expect.poll(listed).not.toBeNull();
    const env = { TRUST_PROXY: "1", AUTH_RATE_LIMIT_ACCOUNT_MAX: "12" };
    const taken = { ...env, PORT: new URL(small.url).port };
    await expect(startTestServer({ besides: small, env: taken })).rejects.toThrow(/is taken by/);
    expect(await listed()).not.toBeNull();
    const again = await startTestServer({ besides: small, env });
    try {
      expect(await listed()).toBeNull();
      expect((await signIn(again.anonymous(fromNewAddress()), owner.email)).status).toBe(200);
      const search = { targetId: owner.id, actions: ["account.unlocked"] };
      expect(must(await admin.query("audit.search", search)).items).toHaveLength(1);
    } finally {
      await again.stop();
    }
  });

  test("and the lock at one address are both opened by unlocking", async () => {
    const owner = await small.member();
    const other = await small.member();
    const client = small.anonymous(fromNewAddress());
    await fail(client, owner.email, 5);
    await fail(client, other.email, 5);
    expect((await signIn(client, owner.email)).status).toBe(429);
    must(await (await small.admin()).mutate("users.unlock", { id: owner.id }));
    expect((await signIn(client, owner.email)).status).toBe(200);
    expect((await signIn(client, other.email)).status).toBe(429);
  });
});

test("without TRUST_PROXY forwarded headers change nothing", async () => {
  const direct = await startTestServer();
  try {
    const { email } = await direct.member();
    for (let claim = 1; claim <= 5; claim += 1) {
      const address = `192.0.2.${claim}`;
      const headers = {
        "x-forwarded-for": address,
        forwarded: `for=${address}`,
        "x-real-ip": address,
      };
      await fail(direct.anonymous(headers), email, 1);
    }
    const headers = { "x-forwarded-for": "192.0.2.99", "x-real-ip": "192.0.2.99" };
    expect((await signIn(direct.anonymous(headers), email)).status).toBe(429);
    const [session] = await direct.owner`select address from sessions limit 1`;
    expect(session?.address).toBe("127.0.0.1");
  } finally {
    await direct.stop();
  }
});
