import type { AbuseRuleName } from "@muniment/shared/abuse-rules.ts";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { judge } from "../src/abuse/judge.ts";
import { newApiKey } from "../src/identity/api-key-format.ts";
import { createClock } from "./clock.ts";
import { must, password, startTestServer, type TestServer, type UserClient } from "./harness.ts";
import { enrollTotp } from "./totp-app.ts";

const clock = createClock();
const wrong = "not the password at all";
let server: TestServer;
let admin: UserClient;
beforeAll(async () => {
  server = await startTestServer({ now: clock.now, env: { TRUST_PROXY: "1" } });
});
afterAll(() => server.stop());

let since: Date;
beforeEach(async () => {
  // Beyond every window, so that no test counts what another did.
  clock.advance(7 * 3600);
  since = clock.now();
  admin = await server.user("admin");
});

/** A caller's address; each `network` is a /24 of its own. */
const at = (network: number, host = 1) => ({ "x-forwarded-for": `198.18.${network}.${host}` });
let networks = 0;
const newNetwork = () => {
  networks += 1;
  return networks;
};
const times = async (count: number, act: (number: number) => Promise<unknown>) => {
  for (let number = 0; number < count; number += 1) await act(number);
};
let accounts = 0;
const nobody = () => {
  accounts += 1;
  return `nobody-${accounts}@example.org`;
};
const fail = async (place: Record<string, string>, email = nobody()) =>
  expect(
    (await server.anonymous(place).mutate("auth.signIn", { email, password: wrong })).status,
  ).toBe(401);
const withKey = (key: string, place: Record<string, string>) =>
  server.anonymous({ ...place, authorization: `Bearer ${key}` });

type Alert = {
  key: string;
  severity: string;
  about_user_id: string | null;
  details: Record<string, unknown>;
  count: number;
};
/** Verdicts of a rule on what happened in this test. */
async function verdicts(kind: AbuseRuleName): Promise<Alert[]> {
  await server.deps.sightings.flush();
  await server.deps.folding.flush();
  await judge(server.deps.database, clock.now);
  return server.owner<Alert[]>`
    select key, severity, about_user_id, details, count from alerts
    where kind = ${kind} and opened_at >= ${since} order by opened_at`;
}

/** What stays below the threshold or looks alike, and what then goes beyond; answers what the verdict must say. */
type Case = { ordinary: () => Promise<unknown>; attack: () => Promise<object> };

function cases(): Record<AbuseRuleName, Case> {
  const [net, other] = [newNetwork(), newNetwork()];
  let person: UserClient;
  return {
    credential_stuffing: {
      async ordinary() {
        await times(11, async (host) => {
          const { email } = await server.member();
          await fail(at(net), email);
          if (host < 9)
            must(await server.anonymous(at(net)).mutate("auth.signIn", { email, password }));
        });
      },
      async attack() {
        await times(10, (host) => fail({ "x-forwarded-for": `2001:db8:1:1::${host}` }));
        return { about_user_id: null, details: { subject: "2001:db8:1:1::/64", subjects: 10 } };
      },
    },
    password_spraying: {
      ordinary: () => times(18, (number) => fail(at(net, 1 + (number % 2)))),
      async attack() {
        await fail(at(net, 3));
        return { details: { subject: `198.18.${net}.0/24`, subjects: 19, addresses: 3 } };
      },
    },
    distributed_guessing: {
      ordinary: () => times(50, (number) => fail(at(net + 100 + (number % 19)))),
      async attack() {
        await fail(at(net + 99));
        return { details: { subject: null, subjects: 51, addresses: 20 } };
      },
    },
    account_besieged: {
      async ordinary() {
        person = await server.member();
        await times(20, (number) => fail(at(net, 1 + (number % 4)), person.email));
      },
      async attack() {
        await fail(at(net, 5), person.email);
        return { about_user_id: person.id, details: { times: 21, addresses: 5 } };
      },
    },
    sign_in_after_stuffing: {
      async ordinary() {
        person = await server.member();
        await times(4, () => fail(at(net)));
        await server.signIn(person.email, at(net));
      },
      async attack() {
        await fail(at(net));
        await server.signIn(person.email, at(net));
        return {
          severity: "high",
          about_user_id: person.id,
          details: { from: [`198.18.${net}.1`] },
        };
      },
    },
    password_guessed: {
      async ordinary() {
        person = await server.member();
        await times(5, () => fail(at(net), person.email));
        must(await admin.mutate("users.unlock", { id: person.id }));
        await server.signIn(person.email, at(net));
      },
      async attack() {
        await times(3, () => fail(at(net), person.email));
        await server.signIn(person.email, at(net));
        return { severity: "high", about_user_id: person.id, details: { times: 8 } };
      },
    },
    codes_guessed: {
      async ordinary() {
        person = await server.member();
        const { app } = await enrollTotp(person, clock.now);
        const guess = async (host: number) => {
          const answer = await server.anonymous(at(net, host)).mutate("tokens.issue", {
            ...{ email: person.email, password, code: app.code(20 + host) },
          });
          expect(answer.status).toBe(401);
        };
        await times(5, guess);
      },
      async attack() {
        const half = server.anonymous(at(other));
        const { challenge } = must(
          await half.mutate("auth.signIn", { email: person.email, password }),
        );
        const answer = await half.mutate("auth.verifyMfa", {
          challenge,
          code: "AAAAAA-AAAAAA-AAAAAA-AAAAAA",
        });
        expect(answer.status).toBe(401);
        return { severity: "high", about_user_id: person.id, details: { times: 6 } };
      },
    },
    new_device_took_over: {
      async ordinary() {
        person = await server.member();
        clock.advance(700);
        must(await person.mutate("auth.reauthenticate", { password }));
        await server.apiKey(person);
        // A new device, but nothing follows; and from elsewhere something does.
        await server.signIn(person.email, at(net));
        must(await person.mutate("auth.reauthenticate", { password }));
        await server.apiKey(person);
      },
      async attack() {
        // Right after the owner's own new device.
        await server.apiKey(await server.signIn(person.email, at(other)));
        return { about_user_id: person.id, details: { from: [`198.18.${other}.1`] } };
      },
    },
    keys_guessed: {
      async ordinary() {
        const { key } = newApiKey();
        await times(15, () => withKey(key, at(net)).query("events.search"));
      },
      async attack() {
        await times(9, () => withKey(newApiKey().key, at(net)).query("events.search"));
        return { details: { subject: `198.18.${net}.1`, subjects: 10 } };
      },
    },
    keys_guessed_widely: {
      ordinary: () =>
        times(54, (number) =>
          withKey(newApiKey().key, at(net, 1 + (number % 9))).query("events.search"),
        ),
      async attack() {
        await withKey(newApiKey().key, at(other)).query("events.search");
        return { details: { subject: null, subjects: 55, addresses: 10 } };
      },
    },
    dead_key_used: {
      async ordinary() {
        person = await server.member();
        const { id, key } = await server.apiKey(person);
        must(await withKey(key, at(net)).query("events.search"));
        must(await person.mutate("apiKeys.revoke", { id }));
        await times(4, () => withKey(key, at(net)).query("events.search"));
        Object.assign(person, { key, keyId: id });
      },
      async attack() {
        const { key, keyId } = person as UserClient & { key: string; keyId: string };
        expect((await withKey(key, at(net)).query("events.search")).status).toBe(401);
        return { about_user_id: person.id, details: { subject: keyId, times: 5 } };
      },
    },
    key_elsewhere: {
      async ordinary() {
        person = await server.member();
        const made = await server.apiKey(person, { allowedCidrs: ["192.0.2.0/24"] });
        await times(4, () => withKey(made.key, at(net)).query("events.search"));
        Object.assign(person, { key: made.key, keyId: made.id });
      },
      async attack() {
        const { key, keyId } = person as UserClient & { key: string; keyId: string };
        expect((await withKey(key, at(net)).query("events.search")).status).toBe(403);
        return { about_user_id: person.id, details: { subject: keyId, times: 5 } };
      },
    },
    key_overreach: {
      async ordinary() {
        person = await server.member();
        const made = await server.apiKey(person, { scopes: ["events:write"] });
        await times(19, () => withKey(made.key, at(net)).query("events.search"));
        Object.assign(person, { key: made.key });
      },
      async attack() {
        const { key } = person as UserClient & { key: string };
        expect((await withKey(key, at(net)).query("events.search")).status).toBe(403);
        return { severity: "low", about_user_id: person.id, details: { times: 20 } };
      },
    },
    key_moved: {
      async ordinary() {
        person = await server.member();
        const { id, key } = await server.apiKey(person);
        const use = async (network: number) => {
          must(await withKey(key, at(network)).query("events.search"));
          const written = () => server.owner`
            select 1 from key_places where api_key_id = ${id} and network = ${`198.18.${network}.0/24`}`;
          await expect.poll(async () => (await written()).length).toBe(1);
        };
        await use(net);
        clock.advance(86_400);
        // Within its first days a key has nowhere that it is used to.
        await use(other);
        Object.assign(person, { use, keyId: id });
      },
      async attack() {
        const { use, keyId } = person as UserClient & {
          use(network: number): Promise<void>;
          keyId: string;
        };
        clock.advance(7 * 86_400);
        await use(newNetwork());
        // It is noted once its place is written.
        const noted = () => server.owner`
          select 1 from sightings where signal = 'key_moved' and subject = ${keyId}`;
        await expect.poll(async () => (await noted()).length).toBe(1);
        return { about_user_id: person.id, details: { subject: keyId } };
      },
    },
    tokens_guessed: {
      ordinary: () => times(25, () => withKey("a.b.c", at(net)).query("agents.list")),
      async attack() {
        await times(19, (number) => withKey(`a.b.${number}`, at(net)).query("agents.list"));
        return { details: { subject: `198.18.${net}.1`, subjects: 20 } };
      },
    },
    api_scanned: {
      ordinary: () => times(59, (number) => server.anonymous(at(net)).query(`no.such${number}`)),
      async attack() {
        await server.anonymous(at(net)).query("auth.signIn");
        return { severity: "low", details: { subject: `198.18.${net}.1`, times: 60 } };
      },
    },
    probes: {
      async ordinary() {
        const headers = at(net);
        for (const path of ["/", "/favicon.ico", "/assets/a.js", "/agents/env", "/.well-known/x"]) {
          await server.fetch(path, { headers });
        }
        await server
          .anonymous(headers)
          .mutate("auth.signIn", { email: "select the union", password: "" });
        for (const path of ["/wp-login.php", "/.env", "/.git/config?x=1"]) {
          await server.fetch(path, { headers });
        }
        await server.fetch("/files/..%2f..%2fetc/passwd", { headers });
      },
      async attack() {
        const email = "x' OR '1'='1";
        await server.anonymous(at(net)).mutate("auth.signIn", { email, password: "" });
        return { severity: "low", details: { subject: `198.18.${net}.1`, times: 5, subjects: 4 } };
      },
    },
    rights_tried: {
      async ordinary() {
        person = await server.member();
        await times(19, () => person.query("users.list"));
      },
      async attack() {
        expect((await person.query("audit.search")).status).toBe(403);
        return { about_user_id: person.id, details: { times: 20 } };
      },
    },
    mail_bombing: {
      async ordinary() {
        person = await server.member();
        const ask = () =>
          server.anonymous(at(net)).mutate("auth.requestPasswordReset", { email: person.email });
        await times(9, ask);
        Object.assign(person, { ask });
      },
      async attack() {
        const { ask } = person as UserClient & { ask(): Promise<{ status: number }> };
        expect((await ask()).status).toBe(429);
        return { about_user_id: person.id, details: { times: 5 } };
      },
    },
    mass_reading: {
      async ordinary() {
        await server.owner`
          insert into users (id, email, display_name, password_hash, role, created_at)
          select gen_random_uuid(), 'reader-' || n || '@example.org', 'x', 'x', 'member', ${clock.now()}
          from generate_series(1, 520) n`;
        let cursor: string | undefined;
        const page = async () => {
          const answer = must(await admin.query("users.list", { limit: 100, cursor }));
          cursor = answer.nextCursor;
        };
        await times(4, page);
        // The same people again are no more people.
        cursor = undefined;
        await times(4, page);
        Object.assign(admin, { page });
      },
      async attack() {
        const { page } = admin as UserClient & { page(): Promise<void> };
        await times(2, page);
        return { about_user_id: admin.id, details: { subject: null, from: [] } };
      },
    },
    limit_weakened: {
      async ordinary() {
        const set = { class: "sign_up", durationSeconds: 3600 };
        must(await admin.mutate("limits.set", { ...set, points: 100 }));
        must(await admin.mutate("limits.set", { ...set, points: 199 }));
      },
      async attack() {
        const set = { class: "sign_up", durationSeconds: 3600 };
        must(await admin.mutate("limits.set", { ...set, points: 200 }));
        must(await admin.mutate("limits.reset", { class: "sign_up" }));
        return { about_user_id: null, details: { subject: "sign_up" } };
      },
    },
  };
}

describe("each rule keeps quiet about what is ordinary, and tells of an attack once", () => {
  test.each(Object.keys(cases()) as AbuseRuleName[])("%s", async (name) => {
    const { ordinary, attack } = cases()[name];
    await ordinary();
    expect(await verdicts(name)).toEqual([]);
    const expected = await attack();
    const found = await verdicts(name);
    expect(found).toMatchObject([expected]);
    // Looking again is not seeing again.
    expect(await verdicts(name)).toEqual(found);
  });
});
