import { createHash, generateKeyPairSync, randomBytes, sign } from "node:crypto";
import type { PasskeyCreation, PasskeyRequest } from "@muniment/shared/second-factors.ts";

const sha256 = (data: string | Buffer) => createHash("sha256").update(data).digest();
const base64url = (data: Buffer | string) => Buffer.from(data).toString("base64url");

/** CBOR (RFC 8949) of the few things an authenticator says. */
export function cbor(
  value: number | string | Buffer | unknown[] | Map<number | string, unknown>,
): Buffer {
  const head = (major: number, length: number) => {
    if (length < 24) return Buffer.from([(major << 5) | length]);
    if (length < 256) return Buffer.from([(major << 5) | 24, length]);
    return Buffer.from([(major << 5) | 25, length >> 8, length & 255]);
  };
  if (typeof value === "number") return value < 0 ? head(1, -1 - value) : head(0, value);
  if (typeof value === "string")
    return Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)]);
  if (Buffer.isBuffer(value)) return Buffer.concat([head(2, value.length), value]);
  if (Array.isArray(value))
    return Buffer.concat([head(4, value.length), ...value.map((item) => cbor(item as Buffer))]);
  const entries = [...value].flatMap(([key, item]) => [cbor(key), cbor(item as Buffer)]);
  return Buffer.concat([head(5, value.size), ...entries]);
}

/** Bits of the authenticator data (WebAuthn Level 3, 6.1). */
export const flags = { present: 1, verified: 4, backedUp: 16, attested: 64, extended: 128 };

/** What a hostile page or authenticator says in place of the truth, rightly signed. */
type Altered = {
  clientData?: Record<string, unknown>;
  /** Bits that are turned over. */
  flags?: number;
  /** What comes behind all else in the authenticator data. */
  rest?: Buffer;
};
type AlteredNew = Altered & {
  credentialId?: Buffer;
  /** A COSE key. */
  key?: Buffer;
  attest?: (facts: { authData: Buffer; clientDataHash: Buffer; rawId: Buffer }) => {
    fmt: string;
    attStmt: Map<string, unknown>;
  };
};

const noAttestation = () => ({ fmt: "none", attStmt: new Map<string, unknown>() });
const nothing = Buffer.alloc(0);

export type Authenticator = ReturnType<typeof createAuthenticator>;

/** A passkey in software: an ES256 key for one site, which counts its signatures. */
export function createAuthenticator(origin: string) {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const { x = "", y = "" } = publicKey.export({ format: "jwk" });
  const id = base64url(randomBytes(32));
  const state = { counter: 0, counts: true, verifies: true, userHandle: "" };

  const authenticatorData = (rpId: string, turned: number, rest: Buffer) => {
    const count = Buffer.alloc(4);
    count.writeUInt32BE(state.counter);
    const set = (flags.present | (state.verifies ? flags.verified : 0)) ^ turned;
    return Buffer.concat([sha256(rpId), Buffer.from([set]), count, rest]);
  };
  const clientData = (type: string, challenge: string, from: string, altered = {}) =>
    Buffer.from(JSON.stringify({ type, challenge, origin: from, crossOrigin: false, ...altered }));
  const common = { id, rawId: id, type: "public-key" as const, clientExtensionResults: {} };

  return {
    id,
    state,
    publicKey,
    privateKey,
    /** Answers `navigator.credentials.create()`. */
    create(options: PasskeyCreation, from = origin, altered: AlteredNew = {}) {
      state.userHandle = options.user.id;
      const key = new Map<number, unknown>([
        [1, 2],
        [3, -7],
        [-1, 1],
        [-2, Buffer.from(x, "base64url")],
        [-3, Buffer.from(y, "base64url")],
      ]);
      const rawId = altered.credentialId ?? Buffer.from(id, "base64url");
      const attested = Buffer.concat([
        Buffer.alloc(16),
        Buffer.from([rawId.length >> 8, rawId.length & 255]),
        rawId,
        altered.key ?? cbor(key),
        altered.rest ?? nothing,
      ]);
      const { challenge, rp } = options;
      const client = clientData("webauthn.create", challenge, from, altered.clientData);
      const turned = flags.attested ^ (altered.flags ?? 0);
      const authData = authenticatorData(rp.id, turned, attested);
      const facts = { authData, clientDataHash: sha256(client), rawId };
      const { fmt, attStmt } = (altered.attest ?? noAttestation)(facts);
      const attestation = new Map<string, unknown>([
        ["fmt", fmt],
        ["attStmt", attStmt],
        ["authData", authData],
      ]);
      return {
        ...common,
        response: {
          clientDataJSON: base64url(client),
          attestationObject: base64url(cbor(attestation)),
          transports: ["internal"],
        },
      };
    },
    /** Answers `navigator.credentials.get()`. */
    get(options: PasskeyRequest, from = origin, altered: Altered = {}) {
      if (state.counts) state.counter += 1;
      const data = authenticatorData(options.rpId, altered.flags ?? 0, altered.rest ?? nothing);
      const client = clientData("webauthn.get", options.challenge, from, altered.clientData);
      const signature = sign("sha256", Buffer.concat([data, sha256(client)]), privateKey);
      return {
        ...common,
        response: {
          clientDataJSON: base64url(client),
          authenticatorData: base64url(data),
          signature: base64url(signature),
          userHandle: state.userHandle,
        },
      };
    },
  };
}
