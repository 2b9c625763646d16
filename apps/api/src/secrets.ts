import { hkdfSync } from "node:crypto";
import type { SecretName, SecretRings } from "./config.ts";

/** Keys derived from the rings, newest first. Every use has a label of its own (RFC 5869). */
export type Secrets = {
  /** HMAC-SHA256 keys of stored API keys. */
  apiKeyHmac: readonly Buffer[];
  /** AES-256 keys for encryption at rest. */
  encryption: readonly Buffer[];
  /** HMAC keys of addresses that have no account. */
  emailHashes: readonly Buffer[];
  /** HMAC keys of lists of erasures that lie off the machine. */
  erasureLists: readonly Buffer[];
  /** Ed25519 private keys (RFC 8032 seeds) that checkpoints of the audit log are signed with. */
  auditSigning: readonly Buffer[];
  /** The same that checkpoints of other logs are cosigned with; a witness must sign nothing else by them. */
  witnessSigning: readonly Buffer[];
  /** Seeds of the Ed25519 keys that sign access tokens. */
  accessTokenSeeds: readonly Buffer[];
  /** HMAC key of the callers whose like calls are counted together. */
  foldedCallers: Buffer;
  /** HMAC keys that hidden settings are compared by. */
  settingsMacs: readonly Buffer[];
  /**
   * What tells the elements of a ring apart, newest first. By it their text could be tried out: it is shown
   * to nobody.
   */
  fingerprints: Record<SecretName, string[]>;
  /** HMAC keys of opaque cursors, newest first. */
  cursor: readonly Buffer[];
  /**
   * Passwords that a database role may have, of the oldest element first: nodes that do not know a
   * new element yet use that one.
   */
  rolePasswords(role: string): readonly string[];
};

const derive = (element: string, label: string) =>
  Buffer.from(hkdfSync("sha256", element, "muniment", label, 32));

/** Derives every key from the rings; an empty ring is a fault of the caller. */
export function deriveSecrets(rings: SecretRings): Secrets {
  const newest = (ring: readonly string[]) => {
    const [first] = ring;
    if (first === undefined) throw new Error("a secret ring is empty");
    return first;
  };
  const fingerprintsOf = (ring: readonly string[]) =>
    ring.map((element) => derive(element, "fingerprint").toString("hex").slice(0, 16));
  return {
    apiKeyHmac: rings.API_KEY_SECRET.map((element) => derive(element, "api-key-hmac")),
    encryption: rings.ENCRYPTION_KEY.map((element) => derive(element, "encryption-at-rest")),
    emailHashes: rings.ENCRYPTION_KEY.map((element) => derive(element, "email-hashes")),
    erasureLists: rings.ENCRYPTION_KEY.map((element) => derive(element, "erasure-lists")),
    auditSigning: rings.AUDIT_SIGNING_KEY.map((element) => derive(element, "audit-checkpoints")),
    witnessSigning: rings.AUDIT_SIGNING_KEY.map((element) =>
      derive(element, "witness-cosignatures"),
    ),
    accessTokenSeeds: rings.JWT_SECRET.map((element) => derive(element, "access-token-ed25519")),
    foldedCallers: derive(newest(rings.JWT_SECRET), "folded-callers"),
    settingsMacs: rings.ENCRYPTION_KEY.map((element) => derive(element, "settings")),
    fingerprints: {
      JWT_SECRET: fingerprintsOf(rings.JWT_SECRET),
      API_KEY_SECRET: fingerprintsOf(rings.API_KEY_SECRET),
      ENCRYPTION_KEY: fingerprintsOf(rings.ENCRYPTION_KEY),
      AUDIT_SIGNING_KEY: fingerprintsOf(rings.AUDIT_SIGNING_KEY),
    },
    cursor: rings.JWT_SECRET.map((element) => derive(element, "cursor")),
    rolePasswords: (role) =>
      rings.ENCRYPTION_KEY.map((element) =>
        derive(element, `database-role:${role}`).toString("base64url"),
      ).reverse(),
  };
}
