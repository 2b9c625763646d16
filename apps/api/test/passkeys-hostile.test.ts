import { randomBytes, randomUUID, sign } from "node:crypto";
import type { PasskeyRequest } from "@muniment/shared/second-factors.ts";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { fromNewAddress } from "./addresses.ts";
import { type Authenticator, cbor, createAuthenticator, flags } from "./authenticator.ts";
import { certificateOf } from "./certificate.ts";
import type { Answer } from "./client.ts";
import { must, password, startTestServer, type TestServer, type UserClient } from "./harness.ts";
import {
  addPasskey,
  beginPasskey,
  beginPasskeySignIn,
  confirmPasskey,
  site,
} from "./passkey-calls.ts";
import { visiblePart } from "./told-apart.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ env: { PUBLIC_URL: site, TRUST_PROXY: "1" } });
});
afterAll(() => server.stop());

let owner: UserClient;
let key: Authenticator;
beforeEach(async () => {
  owner = await server.member();
  key = (await addPasskey(owner)).key;
});

const outcome = (answer: Answer) => [answer.status, answer.error?.data.reason];
const wrong = [401, "invalid_credentials"];
const over = [401, "invalid_token"];
const malformed = [400, "invalid_input"];

const stranger = () => server.anonymous(fromNewAddress());
const halfSignIn = async () =>
  must(await stranger().mutate("auth.signIn", { email: owner.email, password }));
const passkeySignIn = (passkey: object) => stranger().mutate("auth.passkeySignIn", { passkey });
const namesKept = async () =>
  must(await owner.query("account.listPasskeys")).items.map(({ name }: { name: string }) => name);

type Lie = Parameters<Authenticator["get"]>[2];

/** The three places where a passkey is asked for its signature. */
const askedFor: Record<string, (lie: Lie) => Promise<Answer>> = {
  "a sign-in by passkey alone": async (lie) =>
    passkeySignIn(key.get(await beginPasskeySignIn(stranger()), site, lie)),
  "a second factor": async (lie) => {
    const { challenge, passkey } = await halfSignIn();
    const answer = { challenge, passkey: key.get(passkey, site, lie) };
    return stranger().mutate("auth.verifyMfa", answer);
  },
  "a fresh authentication": async (lie) => {
    const { passkey } = must(await owner.mutate("auth.beginReauthentication"));
    return owner.mutate("auth.reauthenticate", { passkey: key.get(passkey, site, lie) });
  },
};

const lies: [string, Lie][] = [
  ["in a frame of another page", { clientData: { crossOrigin: true } }],
  [
    "in a frame of a page that it names",
    { clientData: { crossOrigin: true, topOrigin: "https://evil.example" } },
  ],
  ["below a page without being in its frame", { clientData: { topOrigin: site } }],
  ["when a passkey is made", { clientData: { type: "webauthn.create" } }],
  ["for a payment", { clientData: { type: "payment.get" } }],
  ["without a person there", { flags: flags.present }],
  ["by a passkey that is copied and cannot be", { flags: flags.backedUp }],
];

describe.each(Object.entries(askedFor))("%s", (_, answer) => {
  test.each(lies)("is refused where it was signed %s", async (_name, lie) => {
    expect(outcome(await answer(lie))).toEqual(wrong);
  });

  test("is refused with authenticator data that no authenticator gives", async () => {
    const behind = [
      Buffer.alloc(2500, 0x81),
      Buffer.alloc(2500, 0xc1),
      Buffer.from("9affffffff00", "hex"),
      Buffer.from("bbffffffffffffffff00", "hex"),
      Buffer.from("5bffffffffffffffff00", "hex"),
    ];
    const answers: unknown[] = [];
    for (const rest of behind) answers.push(outcome(await answer({ flags: flags.extended, rest })));
    expect(new Set(answers.map(String))).toEqual(new Set([String(wrong)]));
  });
});

describe("making a passkey", () => {
  const made = async (
    lie: Parameters<Authenticator["create"]>[2],
    by = createAuthenticator(site),
  ) => confirmPasskey(owner, by.create(await beginPasskey(owner), site, lie));

  test.each([
    ...lies.slice(0, 3),
    ["when one is used", { clientData: { type: "webauthn.get" } }],
    ["without a person there", { flags: flags.present }],
    ["without a key", { flags: flags.attested }],
  ] as [string, Lie][])("is refused where it was %s", async (_, lie) => {
    expect(outcome(await made(lie))).toEqual(wrong);
    expect(await namesKept()).toEqual(["Phone"]);
  });

  test.each([
    [
      "of an algorithm that was not offered",
      [
        [1, 2],
        [3, -35],
        [-1, 2],
      ],
    ],
    [
      "of SHA-1",
      [
        [1, 3],
        [3, -65_535],
      ],
    ],
    [
      "of no algorithm",
      [
        [1, 2],
        [-1, 1],
      ],
    ],
    [
      "of an algorithm by name",
      [
        [1, 2],
        [3, "ES256"],
      ],
    ],
  ] as [string, [number, unknown][]][])("is refused with a key %s", async (_, entries) => {
    expect(outcome(await made({ key: cbor(new Map(entries)) }))).toEqual(wrong);
  });

  test("is refused with another name than the authenticator gave, however long, and with none", async () => {
    for (const credentialId of [randomBytes(32), randomBytes(5000), Buffer.alloc(0)])
      expect(outcome(await made({ credentialId }))).toEqual(wrong);
    const response = createAuthenticator(site).create(await beginPasskey(owner));
    const renamed = { ...response, rawId: key.id };
    expect(outcome(await confirmPasskey(owner, renamed))).toEqual(wrong);
    expect(await namesKept()).toEqual(["Phone"]);
  });

  test("takes an authenticator's word for itself, and no certificates, which it does not ask for", async () => {
    const self = createAuthenticator(site);
    const ofItself = await made(
      {
        attest: ({ authData, clientDataHash }) => ({
          fmt: "packed",
          attStmt: new Map<string, unknown>([
            ["alg", -7],
            ["sig", sign("sha256", Buffer.concat([authData, clientDataHash]), self.privateKey)],
          ]),
        }),
      },
      self,
    );
    must(ofItself);

    const certified = createAuthenticator(site);
    const point = certified.publicKey.export({ type: "spki", format: "der" }).subarray(-65);
    const withCertificate = await made(
      {
        attest({ authData, clientDataHash, rawId }) {
          const signed = [Buffer.alloc(1), authData.subarray(0, 32), clientDataHash, rawId, point];
          return {
            fmt: "fido-u2f",
            attStmt: new Map<string, unknown>([
              ["x5c", [certificateOf(certified.publicKey)]],
              ["sig", sign("sha256", Buffer.concat(signed), certified.privateKey)],
            ]),
          };
        },
      },
      certified,
    );
    expect(outcome(withCertificate)).toEqual(wrong);
  });

  test("is refused with an attestation that is none", async () => {
    const bombs = [
      Buffer.alloc(5000, 0x81),
      Buffer.alloc(5000, 0xc1),
      Buffer.alloc(5000, Buffer.from("a100", "hex")),
      Buffer.from("9affffffff00", "hex"),
      Buffer.from("9b001fffffffffffff00", "hex"),
      Buffer.from("bbffffffffffffffff00", "hex"),
      Buffer.from("5bffffffffffffffff00", "hex"),
      Buffer.from("7a7fffffff00", "hex"),
      Buffer.from("9fff", "hex"),
      Buffer.from("a0", "hex"),
      Buffer.from("00", "hex"),
      cbor(
        new Map<string, unknown>([
          ["fmt", "none"],
          ["attStmt", new Map()],
          ["authData", 7],
        ]),
      ),
      cbor(
        new Map<string, unknown>([
          ["fmt", "none"],
          ["attStmt", 7],
          ["authData", randomBytes(37)],
        ]),
      ),
      cbor(
        new Map<string, unknown>([
          ["fmt", "tpm"],
          ["attStmt", new Map()],
          ["authData", Buffer.alloc(0)],
        ]),
      ),
    ];
    for (const bomb of bombs) {
      const response = createAuthenticator(site).create(await beginPasskey(owner));
      const attestationObject = bomb.toString("base64url");
      const altered = { ...response, response: { ...response.response, attestationObject } };
      expect(outcome(await confirmPasskey(owner, altered))).toEqual(wrong);
      expect(outcome(await made({ key: bomb }))).toEqual(wrong);
    }
    expect(await namesKept()).toEqual(["Phone"]);
  });

  test("looks at nothing that is too big, too long, or not text of its kind", async () => {
    const response = createAuthenticator(site).create(await beginPasskey(owner));
    const withResponse = (altered: object) => ({
      ...response,
      response: { ...response.response, ...altered },
    });
    const big = await confirmPasskey(owner, withResponse({ attestationObject: "A".repeat(1e6) }));
    expect(outcome(big)).toEqual([413, "body_too_large"]);
    for (const bad of [
      withResponse({ attestationObject: "A".repeat(8193) }),
      withResponse({ attestationObject: "a+/=" }),
      withResponse({ transports: ["\u0000"] }),
      withResponse({ transports: ["\ud800"] }),
      withResponse({ transports: Array(11).fill("usb") }),
      { ...response, type: "password" },
    ])
      expect(outcome(await confirmPasskey(owner, bad))).toEqual(malformed);
    for (const name of ["", " ", "a\u0000b", "a\nb", "a\u202eb", "\ud800", "x".repeat(300)])
      expect(outcome(await confirmPasskey(owner, response, name))).toEqual(malformed);
    // What was refused unseen used no challenge up.
    must(await confirmPasskey(owner, response, "x".repeat(100)));
  });
});

describe("a challenge", () => {
  type Made = { challenge: string };
  const makers: Record<string, () => Promise<Made>> = {
    "auth.passkeySignIn": () => beginPasskeySignIn(stranger()),
    "auth.verifyMfa": halfSignIn,
    "auth.reauthenticate": async () =>
      must(await owner.mutate("auth.beginReauthentication")).passkey,
    "account.confirmPasskey": () => beginPasskey(owner),
  };
  const uses: Record<string, (made: Made) => Promise<Answer>> = {
    "auth.passkeySignIn": ({ challenge }) => passkeySignIn(key.get(asked(challenge))),
    "auth.verifyMfa": ({ challenge }) =>
      stranger().mutate("auth.verifyMfa", { challenge, passkey: key.get(asked(challenge)) }),
    "auth.reauthenticate": ({ challenge }) =>
      owner.mutate("auth.reauthenticate", { passkey: key.get(asked(challenge)) }),
    "account.confirmPasskey": async ({ challenge }) =>
      confirmPasskey(
        owner,
        createAuthenticator(site).create({ ...(await beginPasskey(owner)), challenge }),
      ),
    "auth.cancelMfa": ({ challenge }) => stranger().mutate("auth.cancelMfa", { challenge }),
  };
  const asked = (challenge: string): PasskeyRequest => ({
    rpId: "muniment.example",
    challenge,
    timeout: 0,
    allowCredentials: [],
    userVerification: "required",
  });
  const pairs = Object.keys(makers).flatMap((madeFor) =>
    Object.keys(uses)
      .filter(
        (use) => use !== madeFor && !(use === "auth.cancelMfa" && madeFor === "auth.verifyMfa"),
      )
      .map((use) => [madeFor, use] as const),
  );

  test("serves what it was made for, and nothing else", async () => {
    for (const [madeFor, use] of pairs) {
      const made = await makers[madeFor]?.();
      expect([madeFor, use, made && outcome((await uses[use]?.(made)) as Answer)]).toEqual([
        madeFor,
        use,
        over,
      ]);
    }
    expect(await namesKept()).toEqual(["Phone"]);
    for (const use of Object.keys(makers)) {
      const made = await makers[use]?.();
      if (made) must((await uses[use]?.(made)) as Answer);
    }
  });
});

test("a passkey removed, or a user disabled, after the question was asked gives no answer", async () => {
  const { key: other, added } = await addPasskey(owner, "Laptop");
  const half = await halfSignIn();
  const alone = await beginPasskeySignIn(stranger());
  const { passkey: fresh } = must(await owner.mutate("auth.beginReauthentication"));
  must(await owner.mutate("account.removePasskey", { id: added.passkey.id }));
  expect(outcome(await passkeySignIn(other.get(alone)))).toEqual(wrong);
  for (const [path, input, client] of [
    ["auth.verifyMfa", { challenge: half.challenge, passkey: other.get(half.passkey) }, stranger()],
    ["auth.verifyMfa", { challenge: half.challenge, passkey: key.get(half.passkey) }, stranger()],
    ["auth.reauthenticate", { passkey: other.get(fresh) }, owner],
  ] as const)
    expect(outcome(await client.mutate(path, input))).toEqual(over);

  const [again, aloneAgain] = [await halfSignIn(), await beginPasskeySignIn(stranger())];
  await server.owner`update users set disabled_at = now() where id = ${owner.id}`;
  const answer = { challenge: again.challenge, passkey: key.get(again.passkey) };
  expect(outcome(await stranger().mutate("auth.verifyMfa", answer))).toEqual(over);
  expect(outcome(await passkeySignIn(key.get(aloneAgain)))).toEqual(wrong);
});

test("who registers somebody else's passkey under a key of their own signs in to their own account", async () => {
  const thief = await server.member();
  const copy = createAuthenticator(site);
  const options = await beginPasskey(thief);
  const taken = copy.create(options, site, { credentialId: Buffer.from(key.id, "base64url") });
  const added = await confirmPasskey(thief, { ...taken, id: key.id, rawId: key.id });
  must(added);
  const answerAs = async (signer: Authenticator, userHandle: string) => {
    const signed = signer.get(await beginPasskeySignIn(stranger()));
    const response = { ...signed.response, userHandle };
    return passkeySignIn({ ...signed, id: key.id, rawId: key.id, response });
  };
  expect(outcome(await answerAs(copy, key.state.userHandle))).toEqual(wrong);
  expect(outcome(await answerAs(key, copy.state.userHandle))).toEqual(wrong);
  expect(must(await answerAs(copy, copy.state.userHandle)).user.id).toBe(thief.id);
  expect(must(await answerAs(key, key.state.userHandle)).user.id).toBe(owner.id);
});

test("V6.3.8 a sign-in by passkey tells no account from none: not one without, not one that is disabled", async () => {
  const without = await server.member();
  const disabled = await server.member();
  const { key: ofDisabled } = await addPasskey(disabled);
  await server.owner`update users set disabled_at = now() where id = ${disabled.id}`;
  const handleOf = (id: string) => Buffer.from(id).toString("base64url");
  const other = createAuthenticator(site);
  const signedFor = async (signer: Authenticator, userHandle: string, id = signer.id) => {
    const signed = signer.get(await beginPasskeySignIn(stranger()));
    const response = { ...signed.response, userHandle };
    return visiblePart(await passkeySignIn({ ...signed, id, rawId: id, response }));
  };
  const ofNobody = await signedFor(other, handleOf(randomUUID()));
  expect(ofNobody).toMatchObject({ status: 401 });
  expect(await signedFor(other, handleOf(without.id))).toEqual(ofNobody);
  expect(await signedFor(other, handleOf(owner.id))).toEqual(ofNobody);
  expect(await signedFor(other, handleOf(owner.id), key.id)).toEqual(ofNobody);
  expect(await signedFor(ofDisabled, handleOf(disabled.id))).toEqual(ofNobody);
  // The question names no account, and cannot be asked for one.
  const asked = stranger();
  expect((await beginPasskeySignIn(asked)).allowCredentials).toEqual([]);
  const named = await asked.mutate("auth.beginPasskeySignIn", { email: owner.email });
  expect(outcome(named)).toEqual(malformed);
});
