import { randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import { describeProblems, isLoopback, parseConfig } from "./config.ts";

const strong = () => randomBytes(36).toString("base64url");
const secrets = () => ({
  JWT_SECRET: strong(),
  API_KEY_SECRET: strong(),
  ENCRYPTION_KEY: strong(),
  AUDIT_SIGNING_KEY: strong(),
});
const production = () => ({
  NODE_ENV: "production",
  PUBLIC_URL: "https://muniment.example.com",
  DATABASE_URL: "postgres://app:pw@db.example.com/muniment?sslmode=verify-full",
  ...secrets(),
});

function configOf(env: Record<string, string | undefined>) {
  const parsed = parseConfig(env);
  if (!parsed.ok) throw new Error(describeProblems(parsed.problems));
  return parsed;
}

/** The variables that are complained of. */
function complaints(env: Record<string, string | undefined>) {
  const parsed = parseConfig(env);
  return parsed.ok ? [] : parsed.problems.map(({ variable }) => variable);
}

test("a part of the disk is kept free, 256 MiB unless a setting says otherwise", () => {
  expect(configOf({}).config.diskReserveBytes).toBe(268_435_456);
  expect(configOf({ DISK_RESERVE_BYTES: "0" }).config.diskReserveBytes).toBe(0);
  expect(complaints({ DISK_RESERVE_BYTES: "-1" })).toEqual(["DISK_RESERVE_BYTES"]);
});

describe("files", () => {
  const store = {
    S3_ENDPOINT: "https://s3.example.com",
    S3_BUCKET: "evidence",
    S3_ACCESS_KEY_ID: "id",
    S3_SECRET_ACCESS_KEY: "secret",
  };

  test("lie on disk and are not scanned, 5 MiB each, until settings say otherwise", () => {
    const { config } = configOf({});
    expect([config.s3, config.clamav]).toEqual([null, null]);
    expect(config.uploads).toEqual({ maxBytes: 5_242_880, quotaBytes: 104_857_600 });
    const set = configOf({ ...store, CLAMAV_URL: "tcp://[::1]:3310" }).config;
    expect(set.s3).toMatchObject({ bucket: "evidence", region: "us-east-1", accessKeyId: "id" });
    expect(set.clamav).toEqual({ host: "::1", port: 3310 });
  });

  test("a store is described whole, and reached by TLS in production", () => {
    for (const name of Object.keys(store)) {
      const blamed = name === "S3_ENDPOINT" ? "S3_BUCKET" : "S3_ENDPOINT";
      expect(complaints({ ...store, [name]: undefined })).toEqual([blamed]);
    }
    const plain = { ...store, S3_ENDPOINT: "http://s3.example.com" };
    expect(complaints(plain)).toEqual([]);
    expect(complaints({ ...production(), ...plain })).toEqual(["S3_ENDPOINT"]);
    expect(complaints({ ...store, S3_ENDPOINT: "https://a:b@s3.example.com" })).toEqual([
      "S3_ENDPOINT",
    ]);
    expect(complaints({ ...store, S3_BUCKET: "../other" })).toEqual(["S3_BUCKET"]);
  });

  test.each(["clamav:3310", "tcp://clamav", "http://clamav:3310", "tcp://clamav:3310/x"])(
    "a scanner is not at %s",
    (text) => {
      expect(complaints({ CLAMAV_URL: text })).toEqual(["CLAMAV_URL"]);
    },
  );
});

describe("without any variable", () => {
  test("the defaults of the contract hold", () => {
    const { config, rings } = configOf({});
    expect(config).toMatchObject({
      production: false,
      host: "127.0.0.1",
      port: 3000,
      dataDir: "data",
      database: null,
      redisUrl: null,
      trustProxy: false,
      corsOrigins: [],
      signUp: "invite",
      signUpVerify: false,
      smtpUrl: null,
      apiDocs: true,
      securityContacts: [],
      sessionIdleSeconds: 86_400,
      sessionMaxSeconds: 604_800,
      argon2: { memoryCost: 19_456, timeCost: 2 },
    });
    expect(config.publicUrl.origin).toBe("http://127.0.0.1:3000");
    expect(Object.values(rings)).toEqual([[], [], [], []]);
  });

  test("the limits are those of the product", () => {
    expect(configOf({}).config.limits).toEqual({
      general_address: { points: 100, durationSeconds: 60 },
      general_user: { points: 600, durationSeconds: 60 },
      auth_account_address: { points: 5, durationSeconds: 900 },
      auth_address: { points: 20, durationSeconds: 900 },
      auth_account: { points: 100, durationSeconds: 900 },
      auth_device: { points: 5, durationSeconds: 900 },
      auth_codes: { points: 20, durationSeconds: 86_400 },
      credentials: { points: 100, durationSeconds: 900 },
      sign_up: { points: 20, durationSeconds: 3600 },
      mail: { points: 5, durationSeconds: 3600 },
      model: { points: 20, durationSeconds: 60 },
      upload: { points: 10, durationSeconds: 3600 },
      ingest_calls: { points: 6000, durationSeconds: 60 },
      ingest_events: { points: 60_000, durationSeconds: 60 },
      publishable_calls: { points: 60, durationSeconds: 60 },
      publishable_events: { points: 6000, durationSeconds: 60 },
    });
  });

  test("an empty variable is an absent one", () => {
    expect(configOf({ PORT: "", SIGN_UP: "", JWT_SECRET: "", PUBLIC_URL: "" }).config.port).toBe(
      3000,
    );
  });
});

test.each([
  ["RATE_LIMIT_MAX_REQUESTS", "general_address"],
  ["RATE_LIMIT_USER_MAX", "general_user"],
  ["AUTH_RATE_LIMIT_MAX", "auth_account_address"],
  ["AUTH_RATE_LIMIT_MAX", "auth_device"],
  ["AUTH_RATE_LIMIT_ADDRESS_MAX", "auth_address"],
  ["AUTH_RATE_LIMIT_ACCOUNT_MAX", "auth_account"],
  ["AUTH_RATE_LIMIT_CODES_MAX", "auth_codes"],
  ["CREDENTIAL_RATE_LIMIT_MAX", "credentials"],
  ["SIGN_UP_RATE_LIMIT_MAX", "sign_up"],
  ["MAIL_RATE_LIMIT_MAX", "mail"],
  ["MODEL_RATE_LIMIT_MAX", "model"],
  ["UPLOAD_RATE_LIMIT_MAX", "upload"],
  ["INGEST_RATE_LIMIT_MAX", "ingest_calls"],
  ["INGEST_EVENTS_RATE_LIMIT_MAX", "ingest_events"],
  ["PUBLISHABLE_RATE_LIMIT_MAX", "publishable_calls"],
  ["PUBLISHABLE_EVENTS_RATE_LIMIT_MAX", "publishable_events"],
] as const)("%s sets %s", (variable, limit) => {
  expect(configOf({ [variable]: "7" }).config.limits[limit].points).toBe(7);
  for (const wrong of ["0", "-1", "1.5", "many"])
    expect(complaints({ [variable]: wrong })).toEqual([variable]);
});

test("windows are given in milliseconds and hold in whole seconds", () => {
  const { limits } = configOf({
    RATE_LIMIT_WINDOW_MS: "1500",
    AUTH_RATE_LIMIT_WINDOW_MS: "60000",
  }).config;
  expect(limits.general_address.durationSeconds).toBe(2);
  expect(limits.auth_account.durationSeconds).toBe(60);
});

test.each([
  ["PORT", ["0", "65536", "http", "80.5", "0x50", "3e3", "-1", " "]],
  [
    "PUBLIC_URL",
    [
      "muniment.example.com",
      "ftp://x.example",
      "http://muniment.example.com",
      "https://x.example/path",
      "https://x.example/?a",
      "https://x.example/#a",
      "https://name:pw@x.example",
    ],
  ],
  ["DATABASE_URL", ["mysql://x/y", "localhost"]],
  ["REDIS_URL", ["http://x", "localhost:6379"]],
  ["TRUST_PROXY", ["true", "all", "10.0.0.0/33", "10.0.0.0/8,x", "100", "0.0.0.0/0", "::1,::/0"]],
  [
    "CORS_ORIGINS",
    [
      "*",
      "example.com",
      "https://x.example/",
      "https://*.example.com",
      "https://x.example,null",
      "HTTPS://X.example",
    ],
  ],
  ["NODE_ENV", ["prod", "Production", "PRODUCTION "]],
  ["MAIL_FROM", ["nobody", "Muniment <muniment>", "a@b.example\nBcc: c@d.example"]],
  ["SIGN_UP", ["yes", "OPEN"]],
  ["SMTP_URL", ["mail.example.com", "http://x"]],
  ["API_DOCS", ["yes"]],
  [
    "SECURITY_CONTACT",
    ["security@example.com", "http://example.com/report", "mailto:a@example.com,b@example.com"],
  ],
  ["LOG_LEVEL", ["loud"]],
  ["METRICS_TOKEN", ["short", "long but with spaces"]],
  ["SESSION_IDLE_S", ["0", "604801"]],
  ["SESSION_MAX_S", ["0", "x"]],
  ["ACCESS_TOKEN_TTL_S", ["899", "3601"]],
  ["REFRESH_TOKEN_TTL_S", ["3599", "31536001"]],
  ["MODEL_API_KEY", ["a key", "sk-\n", "x"]],
  ["MODEL_NAME", ["small"]],
  ["MODEL_TIMEOUT_S", ["0", "601", "1.5", "x"]],
  ["ARGON2_MEMORY_KIB", ["19455", "x"]],
  ["ARGON2_TIME", ["1"]],
])("a wrong %s is refused, alone and with a remedy", (variable, values) => {
  for (const value of values) {
    const parsed = parseConfig({ [variable]: value });
    const problems = parsed.ok ? [] : parsed.problems;
    expect([value, problems.map((problem) => problem.variable)]).toEqual([value, [variable]]);
    expect(problems[0]?.remedy.length).toBeGreaterThan(10);
  }
});

test.each([
  ["TRUST_PROXY", "1", { trustProxy: 1 }],
  ["TRUST_PROXY", "0", { trustProxy: false }],
  ["TRUST_PROXY", "10.0.0.0/8, ::1", { trustProxy: ["10.0.0.0/8", "::1"] }],
  [
    "CORS_ORIGINS",
    "https://a.example, http://127.0.0.1:5173",
    { corsOrigins: ["https://a.example", "http://127.0.0.1:5173"] },
  ],
  ["NODE_ENV", "staging", { production: false }],
  ["MAIL_FROM", "a@b.example", { mailFrom: "a@b.example" }],
  ["MAIL_FROM", '"Audit, log" <a@b.example>', {}],
  ["PUBLIC_URL", "http://localhost:8080", {}],
  ["PUBLIC_URL", "http://[::1]:8080", {}],
  ["PUBLIC_URL", "https://muniment.example.com", {}],
  ["DATABASE_URL", "postgres:///muniment?host=/var/run/postgresql", {}],
])("%s may be %s", (variable, value, expected) => {
  expect(configOf({ [variable]: value }).config).toMatchObject(expected);
});

test.each([
  [{}, "http://127.0.0.1:3000"],
  [{ HOST: "127.0.0.2", PORT: "8080" }, "http://127.0.0.2:8080"],
  [{ HOST: "localhost" }, "http://localhost:3000"],
  [{ HOST: "::1" }, "http://[::1]:3000"],
  [{ HOST: "0.0.0.0", PUBLIC_URL: "http://127.0.0.1:3000" }, "http://127.0.0.1:3000"],
])("with %o the links lead to %s", (env, url) => {
  expect(configOf(env).config.publicUrl.origin).toBe(url);
});

test("a server that listens off loopback is told its public address", () => {
  for (const HOST of ["0.0.0.0", "::", "192.168.1.5", "muniment.lan"]) {
    expect([HOST, complaints({ HOST })]).toEqual([HOST, ["HOST"]]);
    expect(complaints({ HOST, PUBLIC_URL: "https://muniment.example.com" })).toEqual([]);
  }
});

const endpoint = { MODEL_BASE_URL: "https://models.example.com/v1", MODEL_NAME: "small" };

test("a model has an address and a name; its key is one that some endpoints need", () => {
  expect(configOf({}).config.model).toBeNull();
  expect(configOf(endpoint).config.model).toEqual({
    ...{ baseUrl: "https://models.example.com/v1", name: "small", apiKey: null },
    timeoutSeconds: 60,
  });
  expect(configOf({ ...endpoint, MODEL_API_KEY: "sk-1" }).config.model?.apiKey).toBe("sk-1");
  expect(complaints({ ...endpoint, MODEL_NAME: "" })).toEqual(["MODEL_BASE_URL"]);
  expect(configOf({ ...endpoint, MODEL_BASE_URL: "http://127.0.0.1:11434/v1" }).ok).toBe(true);
});

test.each([
  "ftp://models.example.com/v1",
  "models.example.com",
  "https://user:pw@models.example.com/v1",
  "https://0x7f.1/v1",
  "https://2130706433/v1",
  "https://models.example.com./v1",
  "https://models.example.com:22/v1",
  "https://models.example.com/v1?key=1",
  "https://models.example.com/v1#a",
])("a model at %s is refused at the start", (MODEL_BASE_URL) => {
  expect(complaints({ ...endpoint, MODEL_BASE_URL })).toEqual(["MODEL_BASE_URL"]);
});

test("what refuses a model is one sentence", () => {
  const start = () => configOf({ ...endpoint, MODEL_BASE_URL: "https://models.example.com:22/v1" });
  expect(start).toThrow(/ cannot be sent to: Port 22 is not one for HTTP\.\n/);
});

test("in production the model's key does not travel in the clear", () => {
  const MODEL_BASE_URL = "http://models.example.com/v1";
  const clear = { ...production(), ...endpoint, MODEL_BASE_URL };
  expect(complaints({ ...clear, MODEL_API_KEY: "sk-1" })).toEqual(["MODEL_BASE_URL"]);
  expect(complaints(clear)).toEqual([]);
});

test("every problem is told at once, whatever its kind, and only those", () => {
  const env = {
    NODE_ENV: "production",
    PORT: "x",
    SIGN_UP: "maybe",
    PUBLIC_URL: "http://muniment.example.com",
    CORS_ORIGINS: "*",
    TRUST_PROXY: "everyone",
    DATABASE_URL: "postgres://app@db.example.com/x",
    REDIS_URL: "redis://cache.example.com",
    JWT_SECRET: "short",
    API_KEY_SECRET: strong(),
    ENCRYPTION_KEY: strong(),
  };
  expect(complaints(env).sort()).toEqual([
    "AUDIT_SIGNING_KEY",
    "CORS_ORIGINS",
    "DATABASE_URL",
    "JWT_SECRET",
    "PORT",
    "PUBLIC_URL",
    "REDIS_URL",
    "SIGN_UP",
    "TRUST_PROXY",
  ]);
});

test("a wrong value brings no complaint about what was right", () => {
  expect(complaints({ ...production(), DATABASE_URL: "mysql://db.example.com/x" })).toEqual([
    "DATABASE_URL",
  ]);
  expect(complaints({ DATABASE_URL: "mysql://x/y", DATABASE_OWNER_URL: "postgres://x/y" })).toEqual(
    ["DATABASE_URL"],
  );
  expect(complaints({ SESSION_IDLE_S: "x", SESSION_MAX_S: "3600" })).toEqual(["SESSION_IDLE_S"]);
  // The secrets of a database that is wrongly named are missed all the same.
  expect(complaints({ NODE_ENV: "production", DATABASE_URL: "x" }).sort()).toEqual([
    "API_KEY_SECRET",
    "AUDIT_SIGNING_KEY",
    "DATABASE_URL",
    "ENCRYPTION_KEY",
    "JWT_SECRET",
  ]);
});

test("a shorter absolute lifetime shortens the idle one that was not given", () => {
  const { config } = configOf({ SESSION_MAX_S: "3600" });
  expect([config.sessionIdleSeconds, config.sessionMaxSeconds]).toEqual([3600, 3600]);
  expect(complaints({ SESSION_MAX_S: "3600", SESSION_IDLE_S: "3601" })).toEqual(["SESSION_IDLE_S"]);
});

test("no problem repeats a secret", () => {
  const secret = "hunter2-hunter2-hunter2-hunter2-hunter2";
  const parsed = parseConfig({
    NODE_ENV: "production",
    JWT_SECRET: secret,
    METRICS_TOKEN: "hunter2",
    DATABASE_URL: "postgres://app:hunter2@db.example.com/x",
    REDIS_URL: "redis://:hunter2@cache.example.com",
    SMTP_URL: "http://user:hunter2@mail.example.com",
  });
  expect(parsed.ok).toBe(false);
  if (!parsed.ok) expect(describeProblems(parsed.problems)).not.toContain("hunter2");
});

describe("in production", () => {
  test("a strong configuration passes", () => {
    const { config, rings } = configOf(production());
    expect(config).toMatchObject({ production: true, apiDocs: false });
    expect(rings.JWT_SECRET).toHaveLength(1);
  });

  test("with the embedded database secrets may be missing, given ones are judged", () => {
    const { PUBLIC_URL } = production();
    expect(complaints({ NODE_ENV: "production", PUBLIC_URL })).toEqual([]);
    expect(complaints({ NODE_ENV: "production", PUBLIC_URL, JWT_SECRET: "x".repeat(40) })).toEqual([
      "JWT_SECRET",
    ]);
  });

  test.each(["JWT_SECRET", "API_KEY_SECRET", "ENCRYPTION_KEY", "AUDIT_SIGNING_KEY"])(
    "%s must be there, strong in every element, and nowhere else",
    (variable) => {
      const env = production() as Record<string, string>;
      expect(complaints({ ...env, [variable]: undefined })).toEqual([variable]);
      expect(complaints({ ...env, [variable]: `${strong()},weak` })).toEqual([variable]);
      expect(complaints({ ...env, [variable]: `${strong()}, ${strong()}` })).toEqual([]);
      const shared = strong();
      const other = variable === "JWT_SECRET" ? "API_KEY_SECRET" : "JWT_SECRET";
      expect(complaints({ ...env, [variable]: shared, [other]: shared })).toHaveLength(1);
      expect(complaints({ ...env, [variable]: `${shared},${shared}` })).toEqual([variable]);
    },
  );

  test("databases and Redis off loopback need verified TLS", () => {
    const env = production();
    for (const mode of ["", "?sslmode=disable", "?sslmode=require", "?sslmode=verify-ca"]) {
      const DATABASE_URL = `postgres://app:pw@db.example.com/x${mode}`;
      expect(complaints({ ...env, DATABASE_URL })).toEqual(["DATABASE_URL"]);
      expect(complaints({ ...env, DATABASE_OWNER_URL: DATABASE_URL })).toEqual([
        "DATABASE_OWNER_URL",
      ]);
    }
    expect(complaints({ ...env, DATABASE_URL: "postgres://app:pw@127.0.0.1/x" })).toEqual([]);
    expect(complaints({ ...env, DATABASE_URL: "postgres:///x?host=/var/run/postgresql" })).toEqual(
      [],
    );
    expect(complaints({ ...env, REDIS_URL: "redis://cache.example.com" })).toEqual(["REDIS_URL"]);
    expect(complaints({ ...env, REDIS_URL: "rediss://cache.example.com" })).toEqual([]);
    expect(complaints({ ...env, REDIS_URL: "redis://127.0.0.1:6379" })).toEqual([]);
  });
});

test("the owner's URL is for migrations only, and not enough alone", () => {
  const owner = "postgres://owner:o@127.0.0.1/muniment";
  const app = "postgres://app:a@127.0.0.1/muniment";
  expect(complaints({ DATABASE_OWNER_URL: owner })).toEqual(["DATABASE_OWNER_URL"]);
  const both = configOf({ DATABASE_URL: app, DATABASE_OWNER_URL: owner }).config.database;
  expect([both?.app?.username, both?.owner.username]).toEqual(["app", "owner"]);
  const one = configOf({ DATABASE_URL: owner }).config.database;
  expect([one?.app, one?.owner.username]).toEqual([null, "owner"]);
});

test.each([
  ["127.0.0.1", true],
  ["127.8.7.6", true],
  ["localhost", true],
  ["::1", true],
  ["/var/run/postgresql", true],
  ["127.0.0.1.example.com", false],
  ["localhost.example.com", false],
  ["10.0.0.1", false],
  ["0.0.0.0", false],
])("%s is this machine: %s", (host, expected) => {
  expect(isLoopback(host)).toBe(expected);
});

test.each([
  [{ SIGN_UP: "open" }, false],
  [{ SIGN_UP: "open", SMTP_URL: "smtps://mail.example.org" }, true],
  [{ SIGN_UP: "open", SMTP_URL: "smtps://mail.example.org", SIGN_UP_VERIFY: "off" }, false],
  [{ SIGN_UP: "open", SIGN_UP_VERIFY: "on" }, true],
  [{ SIGN_UP: "invite", SIGN_UP_VERIFY: "on" }, false],
])("with %j addresses of open sign-ups are verified: %s", (env, expected) => {
  const parsed = parseConfig(env);
  expect(parsed.ok && parsed.config.signUpVerify).toBe(expected);
});
