import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Answer, createClient } from "./client.ts";
import { createClock } from "./clock.ts";
import { must, password, startTestServer, type TestServer, type UserClient } from "./harness.ts";

const clock = createClock();
let server: TestServer;
let owner: UserClient;
beforeAll(async () => {
  server = await startTestServer({ now: clock.now, env: { SESSION_IDLE_S: "604800" } });
  owner = await server.member();
});
afterAll(() => server.stop());
beforeEach(() => freshen());

const day = 86_400;
const reason = (answer: Answer) => answer.error?.data.reason;
const works = async (key: string, on = server) => {
  const caller = createClient(on.url, { authorization: `Bearer ${key}` });
  const answer = await caller.query("events.search");
  return answer.status === 200 ? true : reason(answer);
};
const inSeconds = (seconds: number) =>
  new Date(clock.now().getTime() + seconds * 1000).toISOString();
const find = async (id: string) => {
  const { items } = must(await owner.query("apiKeys.list", { limit: 100 }));
  return items.find((item: { id: string }) => item.id === id);
};
/** The clock moves far here, and keys ask for a fresh proof of the password. */
const freshen = async () => must(await owner.mutate("auth.reauthenticate", { password }));
const rotate = async (id: string, overlapSeconds: number) => {
  await freshen();
  return owner.mutate("apiKeys.rotate", { id, overlapSeconds });
};

describe("the end of a key", () => {
  test("is exactly when it says, however lately it was used", async () => {
    const { id, key } = await server.apiKey(owner, { expiresAt: inSeconds(60) });
    expect(await works(key)).toBe(true);
    clock.advance(45);
    expect(await works(key)).toBe(true);
    expect((await find(id)).status).toBe("active");
    clock.advance(15);
    expect(await works(key)).toBe("invalid_api_key");
    expect((await find(id)).status).toBe("expired");
    expect(reason(await owner.mutate("apiKeys.revoke", { id }))).toBe("already_revoked");
  });

  test("may be given with any offset", async () => {
    const at = new Date(clock.now().getTime() + 3_600_000);
    const local = new Date(at.getTime() + 7_200_000).toISOString().replace("Z", "+02:00");
    const { id } = await server.apiKey(owner, { expiresAt: local });
    expect((await find(id)).expiresAt).toBe(at.toISOString());
  });

  test("comes at once by revoking, and only once", async () => {
    const { id, key } = await server.apiKey(owner);
    expect(await works(key)).toBe(true);
    const revoked = must(await owner.mutate("apiKeys.revoke", { id }));
    expect(revoked).toMatchObject({ id, status: "revoked", revokedAt: expect.any(String) });
    expect(await works(key)).toBe("invalid_api_key");
    const again = await owner.mutate("apiKeys.revoke", { id });
    expect([again.status, reason(again)]).toEqual([409, "already_revoked"]);
    expect(reason(await rotate(id, 60))).toBe("already_revoked");
  });

  test("holds against calls that were under way while it was revoked", async () => {
    const { id, key } = await server.apiKey(owner);
    const calls = Array.from({ length: 30 }, () => works(key));
    const revoking = owner.mutate("apiKeys.revoke", { id });
    await Promise.all(calls);
    must(await revoking);
    for (let call = 0; call < 5; call += 1) expect(await works(key)).toBe("invalid_api_key");
  });

  test("comes with its user's: disabled at once, deleted at once", async () => {
    const admin = await server.user("admin");
    const disabled = await server.member();
    const deleted = await server.member();
    const { key } = await server.apiKey(disabled);
    const { key: gone } = await server.apiKey(deleted);
    expect([await works(key), await works(gone)]).toEqual([true, true]);
    must(await admin.mutate("users.disable", { id: disabled.id }));
    must(await admin.mutate("users.delete", { id: deleted.id }));
    expect([await works(key), await works(gone)]).toEqual(["invalid_api_key", "invalid_api_key"]);
    must(await admin.mutate("users.enable", { id: disabled.id }));
    expect(await works(key)).toBe(true);
  });
});

describe("rotating", () => {
  test("gives a second key; both work for the overlap, then only the new one", async () => {
    const { id, key } = await server.apiKey(owner, { allowedCidrs: ["127.0.0.0/8"] });
    const created = must(await rotate(id, 3600));
    expect(created).toMatchObject({
      status: "active",
      expiresAt: null,
      allowedCidrs: ["127.0.0.0/8"],
    });
    expect(created.prefix).not.toBe(key.slice(0, 12));
    expect(await find(id)).toMatchObject({ status: "retiring", rotatedToId: created.id });
    expect([await works(key), await works(created.key)]).toEqual([true, true]);
    clock.advance(3585);
    expect([await works(key), await works(created.key)]).toEqual([true, true]);
    clock.advance(16);
    expect([await works(key), await works(created.key)]).toEqual(["invalid_api_key", true]);
    expect((await find(id)).status).toBe("expired");
  });

  test("without overlap ends the old key at once", async () => {
    const { id, key } = await server.apiKey(owner);
    expect(await works(key)).toBe(true);
    const created = must(await rotate(id, 0));
    expect([await works(key), await works(created.key)]).toEqual(["invalid_api_key", true]);
  });

  test("never lets the old key live longer than it would have", async () => {
    const expiresAt = inSeconds(600);
    const { id, key } = await server.apiKey(owner, { expiresAt });
    const created = must(await rotate(id, 30 * day));
    expect((await find(id)).expiresAt).toBe(expiresAt);
    expect(created.expiresAt).toBe(expiresAt);
    clock.advance(601);
    expect([await works(key), await works(created.key)]).toEqual([
      "invalid_api_key",
      "invalid_api_key",
    ]);
    expect(reason(await rotate(created.id, 60))).toBe("already_revoked");
  });

  test("is done once, also when asked ten times at once", async () => {
    const { id, agentId } = await server.apiKey(owner);
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => owner.mutate("apiKeys.rotate", { id, overlapSeconds: 60 })),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(new Set(answers.filter(({ status }) => status !== 200).map(reason))).toEqual(
      new Set(["already_exists"]),
    );
    const keys = must(await owner.query("apiKeys.list", { agentId }));
    expect(keys.items).toHaveLength(2);
  });

  test.each([-1, 30 * day + 1, 0.5, "60", undefined])(
    "refuses an overlap of %s",
    async (overlap) => {
      const { id } = await server.apiKey(owner);
      const answer = await owner.mutate("apiKeys.rotate", { id, overlapSeconds: overlap });
      expect(reason(answer)).toBe("invalid_input");
    },
  );
});

test("the time of the last use is true within two seconds", async () => {
  const { id, key } = await server.apiKey(owner);
  expect((await find(id)).lastUsedAt).toBeNull();
  for (let use = 0; use < 2; use += 1) {
    const before = clock.now().getTime();
    await works(key);
    const after = clock.now().getTime();
    const used = async () => Date.parse((await find(id)).lastUsedAt ?? 0);
    await expect.poll(used, { interval: 50 }).toBeGreaterThanOrEqual(before);
    expect(await used()).toBeLessThanOrEqual(after);
    clock.advance(3600);
  }
});

test("a use that could not be written yet is written later", async () => {
  const { id, key } = await server.apiKey(owner);
  const name = (text: string) =>
    server.owner`alter function touch_api_keys(jsonb) rename to ${server.owner(text)}`;
  await name("touch_hidden");
  try {
    await works(key);
    // Longer than the second after which it is tried.
    await new Promise((resolve) => setTimeout(resolve, 1500));
  } finally {
    await server.owner`alter function touch_hidden(jsonb) rename to touch_api_keys`;
  }
  await expect.poll(async () => (await find(id)).lastUsedAt).not.toBeNull();
});
