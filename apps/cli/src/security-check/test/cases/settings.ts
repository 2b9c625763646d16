import { byDatabase, byEnv, byFacts, type Cases } from "../case.ts";

const onLoopback = { PUBLIC_URL: "http://127.0.0.1:3000", TRUST_PROXY: "", HOST: "127.0.0.1" };

export const settingCases: Cases = {
  "production.accepted": {
    breaks: {
      "a number that is none": byEnv({ PORT: "http" }),
      "two wrong values": byEnv({ PORT: "http", CORS_ORIGINS: "*" }),
    },
  },
  "production.node-env": {
    breaks: {
      "development in public": byEnv({ NODE_ENV: "development" }),
      "development on loopback": byEnv({ ...onLoopback, NODE_ENV: "development" }, "warn"),
    },
  },
  "production.public-url": {
    breaks: {
      "plain http in public": byEnv({ PUBLIC_URL: "http://muniment.example.org" }),
      "with a path": byEnv({ PUBLIC_URL: "https://muniment.example.org/app" }),
    },
  },
  "production.listens": {
    breaks: {
      "plain http on every network": byEnv({ ...onLoopback, HOST: "0.0.0.0" }),
      "no public address": byEnv({ ...onLoopback, PUBLIC_URL: "", HOST: "0.0.0.0" }),
    },
  },
  "production.trust-proxy": {
    breaks: {
      "the proxy is not trusted": byEnv({ TRUST_PROXY: "" }),
      "trust without a proxy": byEnv({ ...onLoopback, TRUST_PROXY: "1" }),
      "everybody is trusted": byEnv({ TRUST_PROXY: "10.0.0.0/8,0.0.0.0/0" }),
      "everybody of IPv6 is trusted": byEnv({ TRUST_PROXY: "::/0" }),
      "not a number and not a range": byEnv({ TRUST_PROXY: "yes" }),
      "everybody is trusted in halves": byEnv({ TRUST_PROXY: "0.0.0.0/1,128.0.0.0/1" }, "warn"),
      "everybody of IPv6 is trusted in halves": byEnv({ TRUST_PROXY: "::/1,8000::/1" }, "warn"),
      "many hops": byEnv({ TRUST_PROXY: "9" }, "warn"),
    },
  },
  "production.api-docs": { breaks: { "on in production": byEnv({ API_DOCS: "on" }) } },
  "production.log-level": {
    breaks: {
      debug: byEnv({ LOG_LEVEL: "debug" }),
      trace: byEnv({ LOG_LEVEL: "trace" }),
      "debug outside production": byEnv({ NODE_ENV: "test", LOG_LEVEL: "debug" }, "warn"),
      silent: byEnv({ LOG_LEVEL: "silent" }, "warn"),
    },
  },
  "production.sign-up": {
    breaks: {
      open: byEnv({ SIGN_UP: "open" }, "warn"),
      "without verified addresses": byEnv({ SIGN_UP: "open", SIGN_UP_VERIFY: "off" }, "warn"),
    },
  },
  "production.retention": {
    breaks: { "for ever": byEnv({ EVENT_RETENTION_DAYS: "0" }, "warn") },
  },
  "production.data-dir": { breaks: { relative: byEnv({ DATA_DIR: "data" }, "warn") } },

  "cors.exact-origins": {
    breaks: {
      "a wildcard": byEnv({ CORS_ORIGINS: "*" }),
      "a wildcard outside production": byEnv({ NODE_ENV: "test", CORS_ORIGINS: "*" }),
      "a path": byEnv({ CORS_ORIGINS: "https://app.example.org/path" }),
      "a pattern": byEnv({ CORS_ORIGINS: "https://*.example.org/" }),
      null: byEnv({ CORS_ORIGINS: "null" }),
    },
  },
  "cors.https-origins": {
    breaks: {
      "plain http": byEnv({ CORS_ORIGINS: "http://app.example.org" }),
      "loopback in production": byEnv({ CORS_ORIGINS: "http://127.0.0.1:5173" }),
    },
  },
  "cookie.host-bound": {
    breaks: {
      "without the prefix": byFacts(({ settings }) => {
        settings.setCookie = settings.setCookie.replace("__Host-", "");
      }),
      "without Secure": byFacts(({ settings }) => {
        settings.setCookie = settings.setCookie.replace("; Secure", "");
      }),
      "for a whole domain": byFacts(({ settings }) => {
        settings.setCookie += "; Domain=example.org";
      }),
    },
  },
  "cookie.script-proof": {
    breaks: {
      "without HttpOnly": byFacts(({ settings }) => {
        settings.setCookie = settings.setCookie.replace("; HttpOnly", "");
      }),
      "sent by other sites": byFacts(({ settings }) => {
        settings.setCookie = settings.setCookie.replace("SameSite=Strict", "SameSite=None");
      }),
    },
  },

  "accounts.argon2-cost": {
    breaks: {
      "too little memory": byEnv({ ARGON2_MEMORY_KIB: "8192" }),
      "one iteration": byEnv({ ARGON2_TIME: "1" }),
    },
  },
  "accounts.stored-hashes": {
    breaks: {
      "an older algorithm": byDatabase(({ passwordHashes }) => {
        passwordHashes.push({ algorithm: "2b", parameters: "salt", count: 1 });
      }, "warn"),
      "a lower cost": byDatabase(({ passwordHashes }) => {
        passwordHashes.push({ algorithm: "argon2id", parameters: "m=4096,t=3,p=1", count: 1 });
      }, "warn"),
    },
  },
  "accounts.administrator": {
    breaks: {
      "nobody has used the setup link": byDatabase((database) => {
        database.administrators = 0;
      }, "warn"),
    },
  },
  "accounts.session-idle": {
    breaks: {
      "after a month": byEnv({ SESSION_IDLE_S: "2592000", SESSION_MAX_S: "2592000" }),
      "longer than a session": byEnv({ SESSION_IDLE_S: "700000", SESSION_MAX_S: "604800" }),
    },
  },
  "accounts.session-lifetime": {
    breaks: {
      "after a year": byEnv({ SESSION_MAX_S: "31536000" }),
      refused: byEnv({ SESSION_MAX_S: "99999999" }),
    },
  },

  "limits.sign-in": {
    breaks: {
      "many attempts": byEnv({ AUTH_RATE_LIMIT_MAX: "50" }),
      "many from an address": byEnv({ AUTH_RATE_LIMIT_ADDRESS_MAX: "1000" }),
      "many on an account": byEnv({ AUTH_RATE_LIMIT_ACCOUNT_MAX: "1000" }),
      "many codes": byEnv({ AUTH_RATE_LIMIT_CODES_MAX: "1000" }),
      "a short window": byEnv({ AUTH_RATE_LIMIT_WINDOW_MS: "1000" }),
      refused: byEnv({ AUTH_RATE_LIMIT_MAX: "0" }),
    },
  },
  "limits.credentials": { breaks: { many: byEnv({ CREDENTIAL_RATE_LIMIT_MAX: "100000" }) } },
  "limits.sign-up-and-mail": {
    breaks: {
      "many accounts": byEnv({ SIGN_UP_RATE_LIMIT_MAX: "10000" }),
      "many mails": byEnv({ MAIL_RATE_LIMIT_MAX: "1000" }),
    },
  },
  "limits.general": {
    breaks: {
      "many anonymous calls": byEnv({ RATE_LIMIT_MAX_REQUESTS: "1000000" }),
      "many calls of a user": byEnv({ RATE_LIMIT_USER_MAX: "1000000" }),
    },
  },
  "limits.costly": {
    breaks: {
      "many questions": byEnv({ MODEL_RATE_LIMIT_MAX: "10000" }),
      "many uploads": byEnv({ UPLOAD_RATE_LIMIT_MAX: "10000" }),
    },
  },
  "limits.ingest": {
    breaks: {
      "many calls": byEnv({ INGEST_RATE_LIMIT_MAX: "1000000" }),
      "many events": byEnv({ INGEST_EVENTS_RATE_LIMIT_MAX: "100000000" }),
    },
  },
  "limits.publishable": {
    breaks: {
      "many calls": byEnv({ PUBLISHABLE_RATE_LIMIT_MAX: "10000" }),
      "many events": byEnv({ PUBLISHABLE_EVENTS_RATE_LIMIT_MAX: "1000000" }),
    },
  },
  "limits.overrides": {
    breaks: {
      "a class": byDatabase(({ limitOverrides }) => {
        limitOverrides.push({ name: "auth_account", points: 100_000, durationSeconds: 60 });
      }),
      "a procedure": byDatabase(({ limitOverrides }) => {
        limitOverrides.push({
          name: "general_user:agents.create",
          points: 1_000_000,
          durationSeconds: 1,
        });
      }),
    },
  },
};
