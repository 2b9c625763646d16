import { passkeys } from "@muniment/db/schema/second-factors.ts";
import type { PasskeyCreation, PasskeyRequest } from "@muniment/shared/second-factors.ts";
import { eq } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { fromNewAddress } from "./addresses.ts";
import { type Authenticator, createAuthenticator } from "./authenticator.ts";
import type { Answer } from "./client.ts";
import { createClock } from "./clock.ts";
import { must, password, startTestServer, type TestServer, type UserClient } from "./harness.ts";
import {
  addPasskey,
  beginPasskey as begin,
  beginPasskeySignIn as beginSignIn,
  confirmPasskey as confirm,
  site,
} from "./passkey-calls.ts";
import { enrollTotp } from "./totp-app.ts";

const clock = createClock();
let server: TestServer;
beforeAll(async () => {
  const env = { PUBLIC_URL: site, TRUST_PROXY: "1" };
  server = await startTestServer({ now: clock.now, env });
});
afterAll(() => server.stop());

const outcome = (answer: Answer) => [answer.status, answer.error?.data.reason];
const wrong = [401, "invalid_credentials"];
const over = [401, "invalid_token"];

async function signInWith(key: Authenticator) {
  const client = server.anonymous(fromNewAddress());
  const passkey = key.get(await beginSignIn(client));
  return { client, answer: await client.mutate("auth.passkeySignIn", { passkey }) };
}

let owner: UserClient;
let key: Authenticator;
let passkeyId: string;
let recoveryCodes: string[];
beforeEach(async () => {
  owner = await server.member();
  const { key: made, added } = await addPasskey(owner);
  key = made;
  passkeyId = added.passkey.id;
  recoveryCodes = added.recoveryCodes;
});

describe("making a passkey", () => {
  test("makes it the second factor, with recovery codes", async () => {
    expect(recoveryCodes).toHaveLength(10);
    expect(must(await owner.query("auth.me")).secondFactor).toBe(true);
    expect(must(await owner.query("account.listPasskeys"))).toEqual({
      items: [
        {
          id: passkeyId,
          name: "Phone",
          createdAt: expect.any(String),
          lastUsedAt: null,
          backedUp: false,
        },
      ],
      nextCursor: null,
    });
    expect(must(await owner.query("account.factors"))).toMatchObject({
      totpSince: null,
      recoveryCodesLeft: 10,
      passkeysUnavailable: null,
    });
    // A second one comes without new codes.
    expect((await addPasskey(owner, "Laptop")).added.recoveryCodes).toBeNull();
  });

  test("V6.7.2 asks for PUBLIC_URL's site, with a random challenge, and names the known ones to leave out", async () => {
    const foreign = server.anonymous({ ...fromNewAddress(), host: "evil.example" });
    expect((await beginSignIn(foreign)).rpId).toBe("muniment.example");
    const options = await begin(owner);
    expect(options.rp.id).toBe("muniment.example");
    expect(Buffer.from(options.user.id, "base64url").toString()).toBe(owner.id);
    expect(options.excludeCredentials.map(({ id }) => id)).toEqual([key.id]);
    expect(Buffer.from(options.challenge, "base64url")).toHaveLength(32);
    expect((await begin(owner)).challenge).not.toBe(options.challenge);
  });

  test("takes each challenge once, from the session that asked, and for five minutes", async () => {
    const another = createAuthenticator(site);
    const options = await begin(owner);
    must(await confirm(owner, another.create(options)));
    expect(outcome(await confirm(owner, createAuthenticator(site).create(options)))).toEqual(over);

    const stranger = await server.member();
    const theirs = createAuthenticator(site).create(await begin(owner));
    expect(outcome(await confirm(stranger, theirs))).toEqual(over);

    const late = createAuthenticator(site).create(await begin(owner));
    await server.owner`update challenges set expires_at = ${clock.now()} where user_id = ${owner.id}`;
    expect(outcome(await confirm(owner, late))).toEqual(over);
  });

  test.each([
    [
      "another origin",
      (made: Authenticator, options: PasskeyCreation) =>
        made.create(options, "https://evil.example"),
    ],
    [
      "another site",
      (made: Authenticator, options: PasskeyCreation) =>
        made.create({ ...options, rp: { id: "evil.example", name: "" } }),
    ],
  ])("refuses one made for %s", async (_, make) => {
    const made = make(createAuthenticator(site), await begin(owner));
    expect(outcome(await confirm(owner, made))).toEqual(wrong);
  });

  test("refuses one twice, and more than twenty", async () => {
    expect(outcome(await confirm(owner, key.create(await begin(owner))))).toEqual([
      409,
      "already_exists",
    ]);
    await server.owner`
      insert into passkeys (id, user_id, credential_id, public_key, counter, transports, backed_up, name, created_at)
      select gen_random_uuid(), ${owner.id}, 'c' || n, '', 0, '{}', false, 'x', now() from generate_series(1, 19) n`;
    const last = await confirm(owner, createAuthenticator(site).create(await begin(owner)));
    expect(outcome(last)).toEqual([409, "already_exists"]);
  });

  test.each(["not json", "{}", '{"challenge":7}', "null"])(
    "refuses client data %j",
    async (text) => {
      const made = key.create(await begin(owner));
      const clientDataJSON = Buffer.from(text).toString("base64url");
      const response = { ...made, response: { ...made.response, clientDataJSON } };
      expect(outcome(await confirm(owner, response))).toEqual(wrong);
    },
  );
});

test("V6.7.1 its public key cannot be changed, by nobody's call and not by the application's role", async () => {
  const change = server.deps.database.transaction({ userId: owner.id }, (tx) =>
    tx
      .update(passkeys)
      .set({ publicKey: new Uint8Array(77) })
      .where(eq(passkeys.id, passkeyId)),
  );
  await expect(change).rejects.toMatchObject({ cause: { code: "42501" } });
  // Nor are those of others to be seen, renamed or deleted by a caller.
  const stranger = await server.member();
  for (const [path, input] of [
    ["account.renamePasskey", { id: passkeyId, name: "Mine" }],
    ["account.removePasskey", { id: passkeyId }],
  ] as const)
    expect(outcome(await stranger.mutate(path, input))).toEqual([404, "not_found"]);
  must((await signInWith(key)).answer);
});

describe("a passkey alone", () => {
  test("V6.3.3 signs in without an address or a password, when it has verified its user", async () => {
    const { client, answer } = await signInWith(key);
    expect(must(answer)).toMatchObject({ status: "signedIn", user: { id: owner.id } });
    expect(must(await client.query("auth.me")).email).toBe(owner.email);
    const [session] = await server.owner`
      select methods from sessions where user_id = ${owner.id} order by created_at desc limit 1`;
    expect(session?.methods).toEqual(["passkey"]);
    // It may do what needs a fresh authentication.
    must(await client.mutate("account.recoveryCodes"));
    const [used] = must(await client.query("account.listPasskeys")).items;
    expect(used.lastUsedAt).not.toBeNull();
  });

  test("V6.5.7 does not do when it has not", async () => {
    key.state.verifies = false;
    const { client, answer } = await signInWith(key);
    expect(outcome(answer)).toEqual(wrong);
    expect(client.cookie).toBe("");
  });

  test("has each challenge signed once, and for five minutes", async () => {
    const client = server.anonymous(fromNewAddress());
    const options = await beginSignIn(client);
    must(await client.mutate("auth.passkeySignIn", { passkey: key.get(options) }));
    const again = server.anonymous(fromNewAddress());
    expect(
      outcome(await again.mutate("auth.passkeySignIn", { passkey: key.get(options) })),
    ).toEqual(over);
    const late = key.get(await beginSignIn(client));
    clock.advance(301);
    expect(outcome(await again.mutate("auth.passkeySignIn", { passkey: late }))).toEqual(over);
    clock.advance(-301);
    expect(outcome(await again.mutate("auth.passkeySignIn", { passkey: late }))).toEqual(over);
  });

  test("of twenty uses of one signature at once, exactly one signs in", async () => {
    const passkey = key.get(await beginSignIn(server.anonymous(fromNewAddress())));
    const answers = await Promise.all(
      Array.from({ length: 20 }, () =>
        server.anonymous(fromNewAddress()).mutate("auth.passkeySignIn", { passkey }),
      ),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
  });

  test("betrays a copy by its counter", async () => {
    must((await signInWith(key)).answer);
    key.state.counter -= 1;
    expect(outcome((await signInWith(key)).answer)).toEqual(wrong);
    // One that never counts, as those that are synchronised, is no copy.
    const other = await server.member();
    const silent = createAuthenticator(site);
    silent.state.counts = false;
    must(await confirm(other, silent.create(await begin(other))));
    must((await signInWith(silent)).answer);
    must((await signInWith(silent)).answer);
  });

  test.each([
    [
      "another origin",
      (made: Authenticator, options: PasskeyRequest) => made.get(options, "https://evil.example"),
    ],
    [
      "another site",
      (made: Authenticator, options: PasskeyRequest) =>
        made.get({ ...options, rpId: "evil.example" }),
    ],
    [
      "another key",
      (made: Authenticator, options: PasskeyRequest) => {
        const thief = createAuthenticator(site);
        thief.state.userHandle = made.state.userHandle;
        return { ...thief.get(options), id: made.id, rawId: made.id };
      },
    ],
    [
      "no user",
      (made: Authenticator, options: PasskeyRequest) => {
        made.state.userHandle = "";
        const answer = made.get(options);
        const { userHandle: _, ...response } = answer.response;
        return { ...answer, response };
      },
    ],
  ])("is refused with a signature for %s", async (_, answer) => {
    const client = server.anonymous(fromNewAddress());
    const passkey = answer(key, await beginSignIn(client));
    expect(outcome(await client.mutate("auth.passkeySignIn", { passkey }))).toEqual(wrong);
    expect(client.cookie).toBe("");
  });

  test("is refused for a disabled or deleted account, and when it was removed", async () => {
    await server.owner`update users set disabled_at = now() where id = ${owner.id}`;
    expect(outcome((await signInWith(key)).answer)).toEqual(wrong);
    await server.owner`delete from users where id = ${owner.id}`;
    expect(outcome((await signInWith(key)).answer)).toEqual(wrong);
  });

  test("a challenge of one purpose serves no other", async () => {
    const client = server.anonymous(fromNewAddress());
    const forSignIn = key.get(await beginSignIn(client));
    expect(outcome(await owner.mutate("auth.reauthenticate", { passkey: forSignIn }))).toEqual(
      over,
    );
    const { passkey } = must(await owner.mutate("auth.beginReauthentication"));
    const signIn = await client.mutate("auth.passkeySignIn", { passkey: key.get(passkey) });
    expect(outcome(signIn)).toEqual(over);

    // Of the same user, asked for by the same session.
    const { challenge } = await begin(owner);
    const forNewKey = key.get({ ...passkey, challenge });
    expect(outcome(await owner.mutate("auth.reauthenticate", { passkey: forNewKey }))).toEqual(
      over,
    );
    const { passkey: again } = must(await owner.mutate("auth.beginReauthentication"));
    const options = { ...(await begin(owner)), challenge: again.challenge };
    const made = createAuthenticator(site).create(options);
    expect(outcome(await confirm(owner, made))).toEqual(over);
  });
});

describe("a passkey after the password", () => {
  const half = async () => {
    const client = server.anonymous(fromNewAddress());
    return {
      client,
      answer: must(await client.mutate("auth.signIn", { email: owner.email, password })),
    };
  };

  test("signs the challenge of the sign-in; its user need not be verified again", async () => {
    const { client, answer } = await half();
    expect(answer).toMatchObject({
      status: "mfaRequired",
      methods: ["passkey", "recovery_code"],
      passkey: {
        challenge: answer.challenge,
        rpId: "muniment.example",
        userVerification: "preferred",
      },
    });
    expect(answer.passkey.allowCredentials.map(({ id }: { id: string }) => id)).toEqual([key.id]);
    key.state.verifies = false;
    const passkey = key.get(answer.passkey);
    must(await client.mutate("auth.verifyMfa", { challenge: answer.challenge, passkey }));
    const replay = { challenge: answer.challenge, passkey: key.get(answer.passkey) };
    expect(outcome(await client.mutate("auth.verifyMfa", replay))).toEqual(over);
  });

  test("of another user, or for another challenge, does not do", async () => {
    const other = await server.member();
    const { key: foreign } = await addPasskey(other);
    const { client, answer } = await half();
    const { challenge } = answer;
    for (const passkey of [
      foreign.get(answer.passkey),
      key.get({ ...answer.passkey, challenge: (await half()).answer.challenge }),
    ]) {
      expect(outcome(await client.mutate("auth.verifyMfa", { challenge, passkey }))).toEqual(wrong);
    }
    must(await client.mutate("auth.verifyMfa", { challenge, code: recoveryCodes[0] }));
  });
});

describe("proving again that it is you", () => {
  test("takes a passkey that verified its user in place of password and code", async () => {
    clock.advance(301);
    const options = async () => must(await owner.mutate("auth.beginReauthentication"));
    const first = await options();
    expect(first).toMatchObject({
      methods: ["passkey", "recovery_code"],
      passkey: { userVerification: "required" },
    });
    key.state.verifies = false;
    const unverified = key.get(first.passkey);
    expect(outcome(await owner.mutate("auth.reauthenticate", { passkey: unverified }))).toEqual(
      wrong,
    );
    key.state.verifies = true;
    // Also a failed answer used its challenge up.
    expect(
      outcome(await owner.mutate("auth.reauthenticate", { passkey: key.get(first.passkey) })),
    ).toEqual(over);
    const second = await options();
    must(await owner.mutate("auth.reauthenticate", { passkey: key.get(second.passkey) }));
    must(await owner.mutate("account.recoveryCodes"));
  });

  test("takes it from the session that asked", async () => {
    const { client } = await signInWith(key);
    const { passkey } = must(await client.mutate("auth.beginReauthentication"));
    expect(
      outcome(await owner.mutate("auth.reauthenticate", { passkey: key.get(passkey) })),
    ).toEqual(over);
  });
});

describe("the list of passkeys", () => {
  test("can be renamed in and removed from by its owner alone", async () => {
    const stranger = await server.member();
    for (const [path, input] of [
      ["account.renamePasskey", { id: passkeyId, name: "Mine" }],
      ["account.removePasskey", { id: passkeyId }],
    ] as const)
      expect(outcome(await stranger.mutate(path, input))).toEqual([404, "not_found"]);
    const renamed = must(
      await owner.mutate("account.renamePasskey", { id: passkeyId, name: "Work phone" }),
    );
    expect(renamed.name).toBe("Work phone");
    expect(must(await stranger.query("account.listPasskeys")).items).toEqual([]);
  });

  test("V6.5.6 V7.4.3 a removed one signs in no more; with the last factor the codes go too", async () => {
    const { key: second } = await addPasskey(owner, "Laptop");
    const { client } = await signInWith(second);
    expect(must(await owner.mutate("account.removePasskey", { id: passkeyId }))).toEqual({
      id: passkeyId,
    });
    expect((await client.query("auth.me")).status).toBe(401);
    expect(outcome((await signInWith(key)).answer)).toEqual(wrong);
    const [left] = must(await owner.query("account.listPasskeys")).items;
    must(await owner.mutate("account.removePasskey", { id: left.id }));
    expect(must(await owner.query("account.factors")).recoveryCodesLeft).toBe(0);
    const signedIn = await server
      .anonymous(fromNewAddress())
      .mutate("auth.signIn", { email: owner.email, password });
    expect(must(signedIn).status).toBe("signedIn");
  });

  test("a passkey and an app stand for each other", async () => {
    const { app, recoveryCodes: none } = await enrollTotp(owner, clock.now);
    expect(none).toBeNull();
    must(await owner.mutate("account.removePasskey", { id: passkeyId }));
    expect(must(await owner.query("auth.me")).secondFactor).toBe(true);
    clock.advance(30);
    const client = server.anonymous(fromNewAddress());
    const { challenge, methods } = must(
      await client.mutate("auth.signIn", { email: owner.email, password }),
    );
    expect(methods).toEqual(["totp", "recovery_code"]);
    must(await client.mutate("auth.verifyMfa", { challenge, code: app.code() }));
  });
});

test("at an address of digits there are no passkeys, and the reason says what to do", async () => {
  const plain = await startTestServer();
  try {
    const client = await plain.member();
    expect(must(await client.query("setup.status")).passkeys).toBe(false);
    const { passkeysUnavailable } = must(await client.query("account.factors"));
    expect(passkeysUnavailable).toMatch(/127\.0\.0\.1.*PUBLIC_URL to http:\/\/localhost:\d+/);
    for (const path of ["account.beginPasskey", "auth.beginPasskeySignIn"])
      expect(outcome(await client.mutate(path))).toEqual([409, "passkeys_unavailable"]);
  } finally {
    await plain.stop();
  }
});
