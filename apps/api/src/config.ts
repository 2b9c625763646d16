import { resolve, sep } from "node:path";
import { type ConnectionFacts, parseConnectionUrl } from "@muniment/db/connection.ts";
import type { LimitName, LimitRule } from "@muniment/shared/limits.ts";
import { type Role, roles } from "@muniment/shared/permissions.ts";
import { z } from "zod";
import { targetProblem } from "./egress/target.ts";
import { secretProblem } from "./secret-strength.ts";
import { type Settings, toSettings } from "./settings.ts";
import { type TelemetrySettings, telemetryOf, telemetryVariables } from "./telemetry/settings.ts";

/** Names of the secret rings; each holds its newest element first. */
export const secretNames = [
  "JWT_SECRET",
  "API_KEY_SECRET",
  "ENCRYPTION_KEY",
  "AUDIT_SIGNING_KEY",
] as const;
export type SecretName = (typeof secretNames)[number];
export type SecretRings = Record<SecretName, readonly string[]>;

export type Problem = { variable: string; problem: string; remedy: string };

export type Config = {
  production: boolean;
  host: string;
  port: number;
  publicUrl: URL;
  dataDir: string;
  /** Null: the embedded PostgreSQL. */
  database: { app: ConnectionFacts | null; owner: ConnectionFacts } | null;
  redisUrl: string | null;
  trustProxy: number | string[] | false;
  corsOrigins: readonly string[];
  signUp: "invite" | "open" | "closed";
  /** Whether an open sign-up is completed by a link of a mail. */
  signUpVerify: boolean;
  /** Roles that may do nothing before they have a second factor. */
  requireMfa: readonly Role[];
  smtpUrl: string | null;
  /** CIDR ranges that may be sent to although they are not public. */
  egressAllow: readonly string[];
  /** An OpenAI-compatible endpoint; null: questions cannot be asked. */
  model: {
    baseUrl: string;
    apiKey: string | null;
    name: string;
    /** How long one question may take, both replies together. */
    timeoutSeconds: number;
  } | null;
  mailFrom: string;
  /** A file outside of `dataDir` that checkpoints of the audit log are appended to. */
  auditCheckpointFile: string | null;
  apiDocs: boolean;
  /** Where vulnerabilities of this installation are reported, as URIs; empty: the usual mailbox. */
  securityContacts: readonly string[];
  logLevel: string;
  /** Whether a line is written of every call. */
  accessLog: boolean;
  /** A call that takes so long is told of; none does where it is infinite. */
  slowRequestMilliseconds: number;
  /** Null: nothing is sent to a collector. */
  telemetry: TelemetrySettings | null;
  metricsToken: string | null;
  /** The largest file of events that may be brought in. */
  importMaxBytes: number;
  /** While less is free, nothing that grows is taken; 0: until the disk is full. */
  diskReserveBytes: number;
  /** Events are kept this long; 0: for ever. */
  eventRetentionDays: number;
  /** How long the operator keeps backups, for certificates to say; 0: nobody says. */
  backupsKeptDays: number;
  sessionIdleSeconds: number;
  sessionMaxSeconds: number;
  accessTokenSeconds: number;
  /** The whole life of a family of refresh tokens, however often it is refreshed. */
  refreshTokenSeconds: number;
  argon2: { memoryCost: number; timeCost: number };
  /** Bytes of one file, and of all files of a user. */
  uploads: { maxBytes: number; quotaBytes: number };
  /** Null: files lie below `dataDir`. */
  s3: {
    endpoint: URL;
    bucket: string;
    region: string;
    accessKeyId: string;
    secretAccessKey: string;
    /** Of an object that is read, which is a file in its encrypted form. */
    maxObjectBytes: number;
  } | null;
  clamav: { host: string; port: number } | null;
  limits: Record<LimitName, LimitRule>;
  /** The variables that all of the above came from, for the audit log. */
  settings: Settings;
};

type Env = Record<string, string | undefined>;
/** Whether a variable is set, though perhaps to a wrong value or to a file that cannot be read. */
type IsGiven = (variable: string) => boolean;

const loopbackHost = /^(?:localhost|127(?:\.\d{1,3}){3}|\[?::1\]?|)$/;
const listensOnLoopback = (host: string) => loopbackHost.test(host);
/** Whether a host name can only mean this machine; a path is a unix socket. */
export const isLoopback = (host: string) => loopbackHost.test(host) || host.startsWith("/");

const whole = (min: number, max: number, fallback: number) =>
  z
    .string()
    .trim()
    .regex(/^-?\d+$/, "not a whole number")
    .transform(Number)
    .pipe(z.number().min(min).max(max))
    .default(fallback);
const seconds = (fallback: number) => whole(1, 31_536_000, fallback);
const points = (fallback: number) => whole(1, 1_000_000_000, fallback);
const windowMs = (fallback: number) => whole(1000, 86_400_000, fallback);

/** A file is held in memory while it is examined. */
const largestFile = 52_428_800;

const splitList = (text: string) =>
  text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");

const cidr = z.union([z.cidrv4(), z.cidrv6(), z.ipv4(), z.ipv6()], "not a list of CIDR ranges");

const schema = z.object({
  NODE_ENV: z
    .string()
    .refine(
      (text) => text === "production" || !/^\s*prod/i.test(text),
      "written otherwise than production, which alone refuses weak settings",
    )
    .default("development"),
  HOST: z.string().min(1).default("127.0.0.1"),
  PORT: whole(1, 65_535, 3000),
  PUBLIC_URL: z.url({ protocol: /^https?$/ }).optional(),
  DATA_DIR: z.string().min(1).default("data"),
  DATABASE_URL: z.url({ protocol: /^postgres(?:ql)?$/ }).optional(),
  DATABASE_OWNER_URL: z.url({ protocol: /^postgres(?:ql)?$/ }).optional(),
  DATABASE_CA: z.string().optional(),
  REDIS_URL: z.url({ protocol: /^rediss?$/ }).optional(),
  TRUST_PROXY: z.string().optional(),
  CORS_ORIGINS: z.string().default(""),
  SIGN_UP: z.enum(["invite", "open", "closed"]).default("invite"),
  SIGN_UP_VERIFY: z.enum(["on", "off"]).optional(),
  REQUIRE_MFA: z
    .string()
    .default("")
    .transform(splitList)
    .pipe(z.array(z.enum(roles))),
  SMTP_URL: z.url({ protocol: /^smtps?$/ }).optional(),
  EGRESS_ALLOW: z.string().default("").transform(splitList).pipe(z.array(cidr)),
  MAIL_FROM: z
    .string()
    .max(320)
    .regex(
      /^(?:[^<>\r\n]*<[^\s<>@]+@[^\s<>@]+>|[^\s<>@]+@[^\s<>@]+)$/,
      "not an address to send from",
    )
    .default("Muniment <muniment@localhost>"),
  AUDIT_CHECKPOINT_FILE: z.string().min(1).max(2048).optional(),
  MODEL_BASE_URL: z
    .url({ protocol: /^https?$/ })
    .max(1000)
    .optional(),
  MODEL_API_KEY: z
    .string()
    .regex(/^[\x21-\x7e]{1,2048}$/, "not a key that a header can carry")
    .optional(),
  MODEL_NAME: z.string().min(1).max(200).optional(),
  MODEL_TIMEOUT_S: whole(1, 600, 60),
  API_DOCS: z.enum(["on", "off"]).optional(),
  SECURITY_CONTACT: z
    .string()
    .default("")
    .transform(splitList)
    .pipe(z.array(z.url({ protocol: /^(?:mailto|https|tel)$/ }).max(500))),
  LOG_LEVEL: z.enum(["fatal", "error", "warn", "info", "debug", "trace", "silent"]).default("info"),
  ACCESS_LOG: z.enum(["on", "off"]).optional(),
  SLOW_REQUEST_MS: whole(0, 3_600_000, 1000),
  ...telemetryVariables,
  METRICS_TOKEN: z
    .string()
    .regex(/^[\x21-\x7e]{16,1024}$/, "not 16 to 1024 characters that a header can carry")
    .optional(),
  SESSION_IDLE_S: seconds(86_400),
  SESSION_MAX_S: seconds(604_800),
  ACCESS_TOKEN_TTL_S: whole(900, 3600, 900),
  REFRESH_TOKEN_TTL_S: whole(3600, 31_536_000, 604_800),
  IMPORT_MAX_BYTES: whole(1, 1_099_511_627_776, 1_073_741_824),
  DISK_RESERVE_BYTES: whole(0, 1_099_511_627_776, 268_435_456),
  EVENT_RETENTION_DAYS: whole(0, 36_500, 0),
  BACKUPS_KEPT_DAYS: whole(0, 36_500, 0),
  UPLOAD_MAX_BYTES: whole(1024, largestFile, 5_242_880),
  UPLOAD_QUOTA_BYTES: whole(0, 1_099_511_627_776, 104_857_600),
  S3_ENDPOINT: z.url({ protocol: /^https?$/ }).optional(),
  S3_BUCKET: z
    .string()
    .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, "not a name of a bucket")
    .optional(),
  S3_REGION: z
    .string()
    .regex(/^[a-z0-9-]{1,40}$/, "not a region")
    .default("us-east-1"),
  S3_ACCESS_KEY_ID: z.string().min(1).max(256).optional(),
  S3_SECRET_ACCESS_KEY: z.string().min(1).max(256).optional(),
  CLAMAV_URL: z
    .string()
    .refine(
      (text) => /^tcp:\/\/[^/?#@\s]+:\d{1,5}$/.test(text) && URL.canParse(text),
      "not of the form tcp://host:3310",
    )
    .optional(),
  ARGON2_MEMORY_KIB: whole(19_456, 4_194_304, 19_456),
  ARGON2_TIME: whole(2, 100, 2),
  RATE_LIMIT_WINDOW_MS: windowMs(60_000),
  RATE_LIMIT_MAX_REQUESTS: points(100),
  RATE_LIMIT_USER_MAX: points(600),
  AUTH_RATE_LIMIT_MAX: points(5),
  AUTH_RATE_LIMIT_ADDRESS_MAX: points(20),
  AUTH_RATE_LIMIT_ACCOUNT_MAX: points(100),
  AUTH_RATE_LIMIT_CODES_MAX: points(20),
  AUTH_RATE_LIMIT_WINDOW_MS: windowMs(900_000),
  CREDENTIAL_RATE_LIMIT_MAX: points(100),
  SIGN_UP_RATE_LIMIT_MAX: points(20),
  MAIL_RATE_LIMIT_MAX: points(5),
  MODEL_RATE_LIMIT_MAX: points(20),
  UPLOAD_RATE_LIMIT_MAX: points(10),
  INGEST_RATE_LIMIT_MAX: points(6000),
  INGEST_EVENTS_RATE_LIMIT_MAX: points(60_000),
  PUBLISHABLE_RATE_LIMIT_MAX: points(60),
  PUBLISHABLE_EVENTS_RATE_LIMIT_MAX: points(6000),
});
type Variables = z.infer<typeof schema>;

function limitsOf(v: Variables): Config["limits"] {
  const general = Math.ceil(v.RATE_LIMIT_WINDOW_MS / 1000);
  const auth = Math.ceil(v.AUTH_RATE_LIMIT_WINDOW_MS / 1000);
  const rule = (points: number, durationSeconds: number) => ({ points, durationSeconds });
  return {
    general_address: rule(v.RATE_LIMIT_MAX_REQUESTS, general),
    general_user: rule(v.RATE_LIMIT_USER_MAX, general),
    auth_account_address: rule(v.AUTH_RATE_LIMIT_MAX, auth),
    auth_address: rule(v.AUTH_RATE_LIMIT_ADDRESS_MAX, auth),
    auth_account: rule(v.AUTH_RATE_LIMIT_ACCOUNT_MAX, auth),
    auth_device: rule(v.AUTH_RATE_LIMIT_MAX, auth),
    auth_codes: rule(v.AUTH_RATE_LIMIT_CODES_MAX, 86_400),
    credentials: rule(v.CREDENTIAL_RATE_LIMIT_MAX, 900),
    sign_up: rule(v.SIGN_UP_RATE_LIMIT_MAX, 3600),
    mail: rule(v.MAIL_RATE_LIMIT_MAX, 3600),
    model: rule(v.MODEL_RATE_LIMIT_MAX, 60),
    upload: rule(v.UPLOAD_RATE_LIMIT_MAX, 3600),
    ingest_calls: rule(v.INGEST_RATE_LIMIT_MAX, 60),
    ingest_events: rule(v.INGEST_EVENTS_RATE_LIMIT_MAX, 60),
    publishable_calls: rule(v.PUBLISHABLE_RATE_LIMIT_MAX, 60),
    publishable_events: rule(v.PUBLISHABLE_EVENTS_RATE_LIMIT_MAX, 60),
  };
}

function parseTrustProxy(text: string | undefined): Config["trustProxy"] | Problem {
  if (text === undefined || text === "" || text === "0") return false;
  if (/^\d{1,2}$/.test(text)) return Number(text);
  const ranges = text.split(",").map((part) => part.trim());
  const valid = ranges.every((range) => cidr.safeParse(range).success);
  const everybody = ranges.some((range) => range.endsWith("/0"));
  if (valid && !everybody) return ranges;
  return {
    variable: "TRUST_PROXY",
    problem: valid
      ? "trusts everybody, who could then call under any address"
      : "is neither a number of hops nor a list of CIDR ranges",
    remedy:
      "set it to the number of proxies in front, such as 1, or their ranges, such as 10.0.0.0/8",
  };
}

function originProblems(v: Variables, production: boolean): Problem[] {
  return splitList(v.CORS_ORIGINS).flatMap((origin) => {
    const remedy = "list exact origins, such as https://app.example.com";
    if (origin === "*") {
      const problem = production ? "is a wildcard in production" : "is a wildcard";
      return [{ variable: "CORS_ORIGINS", problem, remedy }];
    }
    const valid =
      URL.canParse(origin) && new URL(origin).origin === origin && !origin.includes("*");
    return valid
      ? []
      : [{ variable: "CORS_ORIGINS", problem: `${origin} is not an origin`, remedy }];
  });
}

/** Where a browser on this machine finds a server that listens on a loopback address. */
function loopbackUrl({ HOST, PORT }: Pick<Variables, "HOST" | "PORT">): string {
  const url = `http://${HOST.replace(/^::1$/, "[::1]")}:${PORT}`;
  return listensOnLoopback(HOST) && URL.canParse(url) ? url : `http://127.0.0.1:${PORT}`;
}

function hostProblems(v: Variables): Problem[] {
  if (v.PUBLIC_URL !== undefined || listensOnLoopback(v.HOST)) return [];
  return [
    {
      variable: "HOST",
      problem:
        "listens off loopback without a PUBLIC_URL: plain http can set no safe session cookie",
      remedy:
        "put a TLS proxy in front and set PUBLIC_URL to its https address, or set it to http://127.0.0.1:<port> when only this machine reaches the port",
    },
  ];
}

function transportProblems(v: Variables, publicUrl: URL, production: boolean): Problem[] {
  const problems: Problem[] = [];
  if (publicUrl.protocol === "http:" && !isLoopback(publicUrl.hostname)) {
    problems.push({
      variable: "PUBLIC_URL",
      problem: "is plain http off loopback, where no safe session cookie can be set",
      remedy: "put a TLS proxy in front and set PUBLIC_URL to its https address",
    });
  }
  const { pathname, search, hash, username, password } = publicUrl;
  if (pathname !== "/" || search || hash || username || password) {
    problems.push({
      variable: "PUBLIC_URL",
      problem: "has a path, a query, a fragment or a user name",
      remedy: "set it to an origin only, such as https://muniment.example.com",
    });
  }
  if (!production) return problems;
  for (const variable of ["DATABASE_URL", "DATABASE_OWNER_URL"] as const) {
    const text = v[variable];
    if (!text || isLoopback(parseConnectionUrl(text).host)) continue;
    if (new URL(text).searchParams.get("sslmode") === "verify-full") continue;
    problems.push({
      variable,
      problem: "reaches a database off loopback without verified TLS in production",
      remedy: "add ?sslmode=verify-full, and DATABASE_CA_FILE for a private authority",
    });
  }
  if (v.REDIS_URL?.startsWith("redis:") && !isLoopback(new URL(v.REDIS_URL).hostname)) {
    problems.push({
      variable: "REDIS_URL",
      problem: "reaches Redis off loopback without TLS in production",
      remedy: "use rediss://",
    });
  }
  return problems;
}

const s3Names = ["S3_ENDPOINT", "S3_BUCKET", "S3_ACCESS_KEY_ID", "S3_SECRET_ACCESS_KEY"] as const;

/** A store of files is described whole or not at all, and reached by TLS off loopback in production. */
function s3Problems(v: Variables, isGiven: IsGiven, production: boolean): Problem[] {
  const [first] = s3Names.filter(isGiven);
  if (!first) return [];
  const missing = s3Names.filter((name) => !isGiven(name));
  const problems: Problem[] = [];
  if (missing.length > 0) {
    const problem = `is set without ${missing.join(", ")}`;
    const remedy = "describe the S3-compatible store whole, or unset all to keep files on disk";
    problems.push({ variable: first, problem, remedy });
  }
  const endpoint = v.S3_ENDPOINT === undefined ? undefined : new URL(v.S3_ENDPOINT);
  const variable = "S3_ENDPOINT";
  if (endpoint && (endpoint.search || endpoint.hash || endpoint.username)) {
    const problem = "has a query, a fragment or a user name";
    problems.push({ variable, problem, remedy: "set it to the address of the store alone" });
  }
  if (production && endpoint?.protocol === "http:" && !isLoopback(endpoint.hostname)) {
    const problem = "reaches the store off loopback without TLS in production";
    problems.push({ variable, problem, remedy: "use https" });
  }
  return problems;
}

function s3Of(v: Variables): Config["s3"] {
  const { S3_ENDPOINT, S3_BUCKET, S3_ACCESS_KEY_ID, S3_SECRET_ACCESS_KEY } = v;
  if (!S3_ENDPOINT || !S3_BUCKET || !S3_ACCESS_KEY_ID || !S3_SECRET_ACCESS_KEY) return null;
  return {
    endpoint: new URL(S3_ENDPOINT),
    bucket: S3_BUCKET,
    region: v.S3_REGION,
    accessKeyId: S3_ACCESS_KEY_ID,
    secretAccessKey: S3_SECRET_ACCESS_KEY,
    // Files of before may be longer than what may be uploaded now.
    maxObjectBytes: largestFile + 1024,
  };
}

function clamavOf({ CLAMAV_URL }: Variables): Config["clamav"] {
  if (CLAMAV_URL === undefined) return null;
  const { hostname, port } = new URL(CLAMAV_URL);
  return { host: hostname.replace(/^\[|\]$/g, ""), port: Number(port) };
}

function modelProblems(v: Variables, production: boolean, baseGiven: boolean): Problem[] {
  const { MODEL_BASE_URL: base, MODEL_API_KEY: key, MODEL_NAME: name } = v;
  if (base === undefined) {
    if (baseGiven) return [];
    const remedy = "set MODEL_BASE_URL to an OpenAI-compatible endpoint, or unset it";
    return [key && "MODEL_API_KEY", name && "MODEL_NAME"].flatMap((variable) =>
      variable ? [{ variable, problem: "is set without MODEL_BASE_URL", remedy }] : [],
    );
  }
  const problems: Problem[] = [];
  const refusal = targetProblem(base);
  if (refusal || base.includes("?") || base.includes("#")) {
    problems.push({
      variable: "MODEL_BASE_URL",
      problem: `cannot be sent to: ${refusal?.replace(/\.$/, "") ?? "it has a query or a fragment"}`,
      remedy: "set it to a plain address, such as https://models.example.com/v1",
    });
  }
  if (name === undefined) {
    problems.push({
      variable: "MODEL_BASE_URL",
      problem: "is set without MODEL_NAME",
      remedy: "set MODEL_NAME to a model that the endpoint offers",
    });
  }
  const { protocol, hostname } = new URL(base);
  if (production && protocol === "http:" && key && !isLoopback(hostname)) {
    problems.push({
      variable: "MODEL_BASE_URL",
      problem: "would be sent the key over plain http off loopback in production",
      remedy: "use https, or unset MODEL_API_KEY where the endpoint needs none",
    });
  }
  return problems;
}

function ringProblems(
  rings: Record<SecretName, string[]>,
  mustExist: (variable: SecretName) => boolean,
): Problem[] {
  const problems: Problem[] = [];
  const owners = new Map<string, SecretName>();
  for (const variable of secretNames) {
    const remedy = `set ${variable} to at least 32 random characters, such as the output of: openssl rand -base64 48`;
    if (rings[variable].length === 0 && mustExist(variable)) {
      problems.push({ variable, problem: "is missing", remedy });
    }
    for (const element of rings[variable]) {
      const weakness = secretProblem(element);
      if (weakness) problems.push({ variable, problem: weakness, remedy });
      const owner = owners.get(element);
      if (owner) problems.push({ variable, problem: `repeats an element of ${owner}`, remedy });
      owners.set(element, variable);
    }
  }
  return problems;
}

function schemaProblems(error: z.ZodError): Problem[] {
  return error.issues.map((issue) => ({
    variable: String(issue.path[0]),
    problem: `is wrong: ${issue.message}`,
    remedy: "correct the value, or unset it for the default",
  }));
}

export type Parsed =
  | { ok: true; config: Config; rings: Record<SecretName, string[]> }
  | { ok: false; problems: Problem[] };

/**
 * Reads the environment into a configuration, with the secrets apart. Pure: `<NAME>_FILE` variables
 * must have been replaced by the files' contents; `fileProblems` are those of the files. Answers every
 * problem at once, theirs included.
 */
export function parseConfig(env: Env, fileProblems: readonly Problem[] = []): Parsed {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ""));
  const unread = new Set(fileProblems.map(({ variable }) => variable.replace(/_FILE$/, "")));
  const isGiven: IsGiven = (variable) => given[variable] !== undefined || unread.has(variable);
  const parsed = schema.safeParse(given);
  const wrong = parsed.success ? [] : schemaProblems(parsed.error);
  const isWrong = (variable: string) => wrong.some((problem) => problem.variable === variable);
  // What is wrong by itself counts as absent below, so that the rest is judged in the same run.
  const v = schema.parse(
    Object.fromEntries(Object.entries(given).filter(([variable]) => !isWrong(variable))),
  );
  const production = v.NODE_ENV === "production";
  const publicUrl = new URL(v.PUBLIC_URL ?? loopbackUrl(v));
  const rings = Object.fromEntries(
    secretNames.map((name) => [name, splitList(given[name] ?? "")]),
  ) as Record<SecretName, string[]>;
  const external = isGiven("DATABASE_URL") || isGiven("DATABASE_OWNER_URL");
  const trustProxy = parseTrustProxy(v.TRUST_PROXY);
  const telemetry = telemetryOf(v, (host) => !production || isLoopback(host));

  const problems = [
    ...fileProblems,
    ...wrong,
    ...(isWrong("PUBLIC_URL") ? [] : hostProblems(v)),
    ...transportProblems(v, publicUrl, production),
    ...originProblems(v, production),
    ...s3Problems(v, isGiven, production),
    ...modelProblems(v, production, given.MODEL_BASE_URL !== undefined),
    ...telemetry.problems,
    ...ringProblems(rings, (variable) => production && external && !isGiven(variable)),
    ...(typeof trustProxy === "object" && "problem" in trustProxy ? [trustProxy] : []),
  ];
  if (v.DATABASE_OWNER_URL && !isGiven("DATABASE_URL")) {
    problems.push({
      variable: "DATABASE_OWNER_URL",
      problem: "is set without DATABASE_URL",
      remedy: "set DATABASE_URL to the application's own connection",
    });
  }
  const checkpoints = v.AUDIT_CHECKPOINT_FILE && resolve(v.AUDIT_CHECKPOINT_FILE);
  if (checkpoints?.startsWith(`${resolve(v.DATA_DIR)}${sep}`)) {
    problems.push({
      variable: "AUDIT_CHECKPOINT_FILE",
      problem: "lies in DATA_DIR, where whoever holds the database can change it",
      remedy: "name a file on another disk or a share that others own",
    });
  }
  const idleGiven = given.SESSION_IDLE_S !== undefined && !isWrong("SESSION_IDLE_S");
  if (idleGiven && !isWrong("SESSION_MAX_S") && v.SESSION_IDLE_S > v.SESSION_MAX_S) {
    problems.push({
      variable: "SESSION_IDLE_S",
      problem: "is longer than SESSION_MAX_S",
      remedy: "lower it, or raise SESSION_MAX_S",
    });
  }
  if (problems.length > 0) return { ok: false, problems };

  const config: Config = {
    production,
    host: v.HOST,
    port: v.PORT,
    publicUrl,
    dataDir: v.DATA_DIR,
    database: v.DATABASE_URL
      ? {
          app: v.DATABASE_OWNER_URL ? parseConnectionUrl(v.DATABASE_URL, v.DATABASE_CA) : null,
          owner: parseConnectionUrl(v.DATABASE_OWNER_URL ?? v.DATABASE_URL, v.DATABASE_CA),
        }
      : null,
    redisUrl: v.REDIS_URL ?? null,
    trustProxy: trustProxy as Config["trustProxy"],
    corsOrigins: splitList(v.CORS_ORIGINS),
    signUp: v.SIGN_UP,
    signUpVerify:
      v.SIGN_UP === "open" &&
      (v.SIGN_UP_VERIFY ? v.SIGN_UP_VERIFY === "on" : v.SMTP_URL !== undefined),
    requireMfa: v.REQUIRE_MFA,
    smtpUrl: v.SMTP_URL ?? null,
    egressAllow: v.EGRESS_ALLOW,
    model:
      v.MODEL_BASE_URL !== undefined && v.MODEL_NAME !== undefined
        ? {
            baseUrl: v.MODEL_BASE_URL,
            apiKey: v.MODEL_API_KEY ?? null,
            name: v.MODEL_NAME,
            timeoutSeconds: v.MODEL_TIMEOUT_S,
          }
        : null,
    mailFrom: v.MAIL_FROM,
    auditCheckpointFile: v.AUDIT_CHECKPOINT_FILE ? resolve(v.AUDIT_CHECKPOINT_FILE) : null,
    apiDocs: v.API_DOCS ? v.API_DOCS === "on" : !production,
    securityContacts: v.SECURITY_CONTACT,
    logLevel: v.LOG_LEVEL,
    accessLog: v.ACCESS_LOG ? v.ACCESS_LOG === "on" : /^(?:debug|trace)$/.test(v.LOG_LEVEL),
    slowRequestMilliseconds: v.SLOW_REQUEST_MS || Number.POSITIVE_INFINITY,
    telemetry: telemetry.settings,
    metricsToken: v.METRICS_TOKEN ?? null,
    importMaxBytes: v.IMPORT_MAX_BYTES,
    diskReserveBytes: v.DISK_RESERVE_BYTES,
    eventRetentionDays: v.EVENT_RETENTION_DAYS,
    backupsKeptDays: v.BACKUPS_KEPT_DAYS,
    sessionIdleSeconds: Math.min(v.SESSION_IDLE_S, v.SESSION_MAX_S),
    sessionMaxSeconds: v.SESSION_MAX_S,
    accessTokenSeconds: v.ACCESS_TOKEN_TTL_S,
    refreshTokenSeconds: v.REFRESH_TOKEN_TTL_S,
    argon2: { memoryCost: v.ARGON2_MEMORY_KIB, timeCost: v.ARGON2_TIME },
    uploads: { maxBytes: v.UPLOAD_MAX_BYTES, quotaBytes: v.UPLOAD_QUOTA_BYTES },
    s3: s3Of(v),
    clamav: clamavOf(v),
    limits: limitsOf(v),
    // Without a name and password that somebody may have put into the address.
    settings: toSettings({ ...v, PUBLIC_URL: v.PUBLIC_URL && publicUrl.origin }),
  };
  return { ok: true, config, rings };
}

/** The problems as the start prints them. */
export function describeProblems(problems: Problem[]): string {
  return problems
    .map(({ variable, problem, remedy }) => `  ${variable} ${problem}.\n    Remedy: ${remedy}.`)
    .join("\n");
}
