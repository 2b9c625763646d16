import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { externalOf } from "@muniment/api/posture/gather/database.ts";
import type { LiveDatabase, Table } from "@muniment/api/posture/gather/live-database.ts";
import { readRuntime } from "@muniment/api/posture/gather/runtime.ts";
import { readSettings } from "@muniment/api/posture/gather/settings.ts";
import type { CheckoutFacts } from "../facts.ts";
import { parseCompose } from "../gather/compose.ts";
import { parseBuildPermissions, parseFloors, parseLockfile } from "../gather/dependencies.ts";
import { parseDockerfile } from "../gather/dockerfile.ts";
import { type ProjectFacts, parseDockerignore } from "../gather/project.ts";

const root = new URL("../../../../../", import.meta.url);
/** A file of this repository, so that its own container files are what passes. */
export const projectFile = (name: string) => readFileSync(new URL(name, root), "utf8");

/** A strong secret that is the same in every run. */
export const secret = (name: string) => createHash("sha256").update(name).digest("base64url");

/** A certificate without its key, valid until November 2036. */
export const authority = `-----BEGIN CERTIFICATE-----
MIIBkTCCATegAwIBAgIUUmzcPBfHvcLxuhokUOMmLUbRo9EwCgYIKoZIzj0EAwIw
JTEjMCEGA1UEAwwaTXVuaW1lbnQgcHJpdmF0ZSBhdXRob3JpdHkwHhcNMjYxMTIx
MTE1NzA4WhcNMzYxMTE4MTE1NzA4WjAlMSMwIQYDVQQDDBpNdW5pbWVudCBwcml2
YXRlIGF1dGhvcml0eTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABLnyVs2PHdEs
ofxAi6h4Hn8H0R9CRdYXE1wu4QJPFiLOt6+OT3HsKLr8+EfSJpcUPg0PQU2XQ3AG
6Y0Mjgkm856jRTBDMBIGA1UdEwEB/wQIMAYBAf8CAQAwDgYDVR0PAQH/BAQDAgIE
MB0GA1UdDgQWBBRUOcaNW3OZ+aTgUS+fZ47DG3G2ATAKBggqhkjOPQQDAgNIADBF
AiEAqrWOnFY+igXohK64/mlRaCxNFKFGJXgnNgmZJ8b8MsUCIBsvsJ+Ho/uJD7Sv
ixgMDYrjil2F6W9q4Tx/nXDHM8X0
-----END CERTIFICATE-----`;

/** A production installation behind one proxy, with an external database, Redis and mail. */
export const soundEnv = {
  NODE_ENV: "production",
  HOST: "0.0.0.0",
  PUBLIC_URL: "https://muniment.example.org",
  DATA_DIR: "/var/lib/muniment-data",
  TRUST_PROXY: "1",
  CORS_ORIGINS: "https://app.example.org",
  DATABASE_URL: `postgres://muniment_app:${secret("app")}@db.example.org/muniment?sslmode=verify-full`,
  DATABASE_OWNER_URL: `postgres://muniment_owner:${secret("owner")}@db.example.org/muniment?sslmode=verify-full`,
  DATABASE_CA: authority,
  REDIS_URL: `rediss://muniment:${secret("redis")}@redis.example.org`,
  CLAMAV_URL: "tcp://127.0.0.1:3310",
  S3_ENDPOINT: "https://s3.example.org",
  S3_BUCKET: "muniment",
  S3_ACCESS_KEY_ID: "muniment",
  S3_SECRET_ACCESS_KEY: secret("s3"),
  SMTP_URL: "smtps://muniment@mail.example.org",
  MODEL_BASE_URL: "https://models.example.org/v1",
  MODEL_API_KEY: secret("model"),
  MODEL_NAME: "small",
  JWT_SECRET: secret("jwt"),
  API_KEY_SECRET: secret("api key"),
  ENCRYPTION_KEY: `${secret("encryption")},${secret("encryption before")}`,
  AUDIT_SIGNING_KEY: secret("audit"),
  METRICS_TOKEN: secret("metrics"),
  EVENT_RETENTION_DAYS: "365",
};

const table = (name: string, over: Partial<Table> = {}): Table => ({
  name,
  userOwned: false,
  rowSecurity: false,
  owned: false,
  privileges: ["SELECT", "INSERT", "UPDATE", "DELETE"],
  ingestPrivileges: [],
  ...over,
});
const owned = (name: string, over: Partial<Table> = {}) =>
  table(name, { userOwned: true, rowSecurity: true, ...over });

const soundDatabase = (): LiveDatabase => ({
  role: "muniment_app",
  version: 180_006,
  migrated: true,
  encryption: "TLSv1.3",
  settings: {
    data_checksums: "on",
    fsync: "on",
    full_page_writes: "on",
    listen_addresses: "",
    log_min_duration_statement: "-1",
    log_min_error_statement: "panic",
    log_statement: "none",
    password_encryption: "scram-sha-256",
    synchronous_commit: "on",
  },
  attributes: [],
  memberships: [],
  mayCreateIn: [],
  ingestRoleExists: true,
  otherSessions: [],
  tables: [
    table("audit_entries", { privileges: ["SELECT", "INSERT"] }),
    owned("agents"),
    owned("events", { privileges: ["SELECT", "DELETE"], ingestPrivileges: ["INSERT"] }),
    owned("events_2026_11", { rowSecurity: false, privileges: [] }),
  ],
  passwordHashes: [{ algorithm: "argon2id", parameters: "m=19456,t=2,p=1", count: 3 }],
  administrators: 2,
  privileged: { count: 3, withoutSecondFactor: 0 },
  apiKeys: { active: 4, unending: 0, unused: 0, anywhere: 0 },
  oldAlerts: 0,
  unsealedSince: null,
  auditSize: 100,
  lastBackupAt: new Date("2026-11-20T03:17:00Z"),
  witnesses: [
    {
      kind: "witness",
      everySeconds: 60,
      confirmedSize: 100,
      contradicts: false,
      failingSince: null,
      nextAt: null,
    },
  ],
  limitOverrides: [{ name: "general_user", points: 1200, durationSeconds: 60 }],
});

const file = (path: string, mode: number, directory = false) => ({
  path,
  mode,
  directory,
  uid: 1000,
});

const lockfile = `packages:

  '@trpc/server@11.25.2':
    resolution: {integrity: sha512-aaaa}

  fast-uri@3.1.9:
    resolution: {integrity: sha512-bbbb}

snapshots:
`;

const project: ProjectFacts = {
  compose: { content: parseCompose(projectFile("docker-compose.yml")) },
  dockerfile: { content: parseDockerfile(projectFile("Dockerfile")) },
  dockerignore: { content: parseDockerignore(projectFile(".dockerignore")) },
  packages: { content: parseLockfile(lockfile) },
  floors: { content: parseFloors(projectFile("deploy/advisory-floors.json")) },
  builds: { content: parseBuildPermissions(projectFile("pnpm-workspace.yaml")) },
};

/** Renewed a month before it ends. */
const validFor90Days = () => ({
  from: new Date("2026-10-01T00:00:00Z"),
  to: new Date("2026-12-30T00:00:00Z"),
});

/** Facts on which every check passes that has something to judge. */
export function soundFacts(env: Record<string, string> = {}): CheckoutFacts {
  const all = { ...soundEnv, ...env };
  const settings = readSettings(all);
  return {
    now: new Date("2026-11-21T12:00:00Z"),
    settings,
    runtime: readRuntime(all, "24.19.0"),
    files: {
      dataDir: file("/var/lib/muniment-data", 0o700, true),
      keyring: file("/var/lib/muniment-data/keyring.json", 0o600),
      keyringSecrets: {},
      outbox: [file("outbox", 0o700, true), file("outbox/1.eml", 0o600)],
      secretFiles: [file("/run/secrets/jwt-secret", 0o400)],
      envFiles: [file(".env", 0o600)],
    },
    disks: [{ holds: "DATA_DIR", freeBytes: 2 ** 40 }],
    database: {
      embedded: null,
      external: externalOf(settings),
      live: { database: soundDatabase() },
    },
    certificates: {
      publicUrl: validFor90Days(),
      database: validFor90Days(),
      redis: validFor90Days(),
    },
    project: { ...project },
  };
}
