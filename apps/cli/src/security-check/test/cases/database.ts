import type { CheckoutFacts } from "../../facts.ts";
import { byDatabase, byEnv, byFacts, type Case, type Cases } from "../case.ts";
import { secret } from "../sound-facts.ts";

const url = (password: string, query = "?sslmode=verify-full") =>
  `postgres://muniment_app:${password}@db.example.org/muniment${query}`;

const embedded = ({ database }: CheckoutFacts) => {
  database.external = null;
  database.embedded = {
    directory: { path: "data/postgres", mode: 0o700, directory: true, uid: 1000 },
    socketDirectory: { path: "data/socket", mode: 0o700, directory: true, uid: 1000 },
  };
};

const setting = (name: string, value: string, status: "warn" | "fail" = "fail"): Case => ({
  breaks: {
    [value]: byDatabase(({ settings }) => {
      settings[name] = value;
    }, status),
  },
});

export const databaseCases: Cases = {
  "database.reachable": {
    breaks: {
      "no answer": byFacts(({ database }) => {
        database.live = { problem: "connect ECONNREFUSED" };
      }),
    },
  },
  "database.tls": {
    breaks: {
      "not asked for": byEnv({ DATABASE_URL: url(secret("app"), "") }),
      "the owner's not asked for": byEnv({
        DATABASE_OWNER_URL: url(secret("owner"), "?sslmode=require"),
      }),
      "not asked for, outside production": byEnv({
        NODE_ENV: "test",
        DATABASE_URL: url(secret("app"), ""),
      }),
    },
  },
  "database.authority-expiry": {
    breaks: {
      expired: byFacts((facts) => {
        facts.now = new Date("2037-01-01T00:00:00Z");
      }),
      "expires soon": byFacts((facts) => {
        facts.now = new Date("2036-11-01T00:00:00Z");
      }, "warn"),
      "not a certificate": byEnv({ DATABASE_CA: "not a certificate" }),
      damaged: byEnv({
        DATABASE_CA: "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----",
      }),
    },
  },
  "database.password": {
    breaks: {
      missing: byEnv({ DATABASE_URL: url("") }),
      guessable: byEnv({ DATABASE_URL: url("Postgres123") }),
      "the user's name": byEnv({ DATABASE_URL: url("muniment_app") }),
      short: byEnv({ DATABASE_URL: url("k3Vq9xT2") }),
    },
  },
  "database.embedded-listens": {
    prepare: { facts: embedded },
    breaks: {
      "on a network": byDatabase(({ settings }) => {
        settings.listen_addresses = "*";
      }),
    },
  },
  "database.embedded-files": {
    prepare: { facts: embedded },
    breaks: {
      "its directory is open": byFacts(({ database }) => {
        if (database.embedded?.directory) database.embedded.directory.mode = 0o750;
      }),
      "its socket is open": byFacts(({ database }) => {
        if (database.embedded?.socketDirectory) database.embedded.socketDirectory.mode = 0o755;
      }),
    },
  },

  "database.role-unprivileged": {
    breaks: {
      superuser: byDatabase(({ attributes }) => attributes.push("SUPERUSER")),
      "makes roles": byDatabase(({ attributes }) => attributes.push("CREATEROLE")),
    },
  },
  "database.role-memberships": {
    breaks: {
      "reads everything": byDatabase(({ memberships }) => memberships.push("pg_read_all_data")),
    },
  },
  "database.role-no-alter": {
    breaks: {
      "owns a table": byDatabase(({ tables }) => {
        for (const table of tables) table.owned = true;
      }),
      "may create": byDatabase(({ mayCreateIn }) => mayCreateIn.push("schema public")),
    },
  },
  "database.audit-append-only": {
    breaks: Object.fromEntries(
      ["UPDATE", "DELETE", "TRUNCATE"].map((privilege) => [
        privilege,
        byDatabase(({ tables }) => {
          for (const { name, privileges } of tables) {
            if (name === "audit_entries") privileges.push(privilege);
          }
        }),
      ]),
    ),
  },
  "database.row-security": {
    breaks: {
      "off on a table": byDatabase(({ tables }) => {
        for (const table of tables) if (table.name === "agents") table.rowSecurity = false;
      }),
      "a partition that can be read past its parent": byDatabase(({ tables }) => {
        for (const { name, privileges } of tables) {
          if (name === "events_2026_11") privileges.push("SELECT");
        }
      }),
    },
  },
  "database.row-security-applies": {
    breaks: {
      "the role bypasses it": byDatabase(({ attributes }) => attributes.push("BYPASSRLS")),
      "the role owns a table": byDatabase(({ tables }) => {
        for (const table of tables) if (table.name === "events") table.owned = true;
      }),
    },
  },
  "database.ingest-insert-only": {
    breaks: {
      "there is no such role": byDatabase((database) => {
        database.ingestRoleExists = false;
      }),
      "it reads events": byDatabase(({ tables }) => {
        for (const { name, ingestPrivileges } of tables) {
          if (name === "events") ingestPrivileges.push("SELECT");
        }
      }),
      "it deletes from a partition": byDatabase(({ tables }) => {
        for (const { name, ingestPrivileges } of tables) {
          if (name === "events_2026_11") ingestPrivileges.push("DELETE");
        }
      }),
    },
  },

  "database.sessions": {
    breaks: {
      "the owner": byDatabase(({ otherSessions }) => otherSessions.push("muniment_owner"), "warn"),
    },
  },
  "database.version": {
    breaks: {
      "14": byDatabase((database) => {
        database.version = 140_020;
      }),
    },
  },
  "database.fsync": setting("fsync", "off"),
  "database.full-page-writes": setting("full_page_writes", "off"),
  "database.synchronous-commit": setting("synchronous_commit", "off"),
  "database.password-encryption": setting("password_encryption", "md5"),
  "database.checksums": setting("data_checksums", "off", "warn"),
  "database.statement-log": {
    breaks: {
      ...setting("log_statement", "all", "warn").breaks,
      ...setting("log_min_duration_statement", "0", "warn").breaks,
    },
  },

  "redis.tls": {
    breaks: {
      "in production": byEnv({ REDIS_URL: `redis://:${secret("redis")}@redis.example.org` }),
      "outside production": byEnv({
        NODE_ENV: "test",
        REDIS_URL: `redis://:${secret("redis")}@redis.example.org`,
      }),
    },
  },
  "redis.password": {
    breaks: {
      missing: byEnv({ REDIS_URL: "rediss://redis.example.org" }),
      guessable: byEnv({ REDIS_URL: "rediss://:redis@redis.example.org" }),
    },
  },
  "mail.tls": {
    breaks: {
      "encryption can be switched off": byEnv({
        SMTP_URL: "smtp://mail.example.org:587",
        NODE_ENV: "development",
      }),
      "any certificate": byEnv({
        SMTP_URL: "smtps://mail.example.org?tls.rejectUnauthorized=false",
      }),
    },
  },
  "mail.sent": { breaks: { "to files only": byEnv({ SMTP_URL: "" }, "warn") } },
  "files.store-tls": {
    breaks: {
      "in the clear in production": byEnv({ S3_ENDPOINT: "http://s3.example.org" }),
      "in the clear outside production": byEnv({
        NODE_ENV: "test",
        S3_ENDPOINT: "http://s3.example.org",
      }),
      "half described": byEnv({ S3_BUCKET: "" }),
    },
  },
  "files.scanner": {
    breaks: {
      "no address": byEnv({ CLAMAV_URL: "clamav:3310" }),
    },
  },
  "model.tls": {
    breaks: {
      "in the clear": byEnv({
        MODEL_BASE_URL: "http://models.example.org/v1",
        MODEL_API_KEY: "",
      }),
      "a key in the clear": byEnv({ MODEL_BASE_URL: "http://models.example.org/v1" }),
      "a host in an unusual spelling": byEnv({ MODEL_BASE_URL: "https://0x7f.1/v1" }),
      "no name": byEnv({ MODEL_NAME: "" }),
    },
  },
};
