import type { SecretName } from "@muniment/api/config.ts";
import { byEnv, byFacts, type Case, type Cases } from "../case.ts";
import { secret } from "../sound-facts.ts";

const ring = (name: SecretName): Case => ({
  breaks: {
    short: byEnv({ [name]: secret("short").slice(0, 31) }),
    "of guessable words": byEnv({ [name]: "change-me-change-me-change-me-change-me" }),
    repeating: byEnv({ [name]: "0123456789abcdef0123456789abcdef" }),
    "of few characters": byEnv({ [name]: "aabababbbabaababbabababbaababaabbbab" }),
    "weak in its second element": byEnv({ [name]: `${secret("new")},short` }),
    missing: byEnv({ [name]: "" }),
    "in a file that is not there": byEnv({ [name]: "", [`${name}_FILE`]: "/nowhere/secret" }),
    "weak in the keyring": {
      ...byEnv({ [name]: "", DATABASE_URL: "", DATABASE_OWNER_URL: "" }),
      facts: ({ files }) => {
        files.keyringSecrets = { [name]: ["short"] };
      },
    },
  },
});

const manyElements = [1, 2, 3, 4].map((index) => secret(`element ${index}`)).join(",");

export const secretCases: Cases = {
  "secrets.jwt": ring("JWT_SECRET"),
  "secrets.api-key": ring("API_KEY_SECRET"),
  "secrets.encryption": ring("ENCRYPTION_KEY"),
  "secrets.audit-signing": ring("AUDIT_SIGNING_KEY"),
  "secrets.distinct": {
    breaks: {
      "shared by two rings": byEnv({ JWT_SECRET: secret("one"), API_KEY_SECRET: secret("one") }),
      "twice in a ring": byEnv({ JWT_SECRET: `${secret("one")},${secret("one")}` }),
      "shared with the metrics token": byEnv({ METRICS_TOKEN: secret("jwt") }),
    },
  },
  "secrets.rotation": { breaks: { "never retired": byEnv({ JWT_SECRET: manyElements }, "warn") } },
  "secrets.metrics-token": {
    breaks: {
      guessable: byEnv({ METRICS_TOKEN: "metrics-secret-metrics-secret-metrics" }),
      refused: byEnv({ METRICS_TOKEN: "short" }),
    },
  },
  "secrets.files": {
    breaks: {
      "read by others": byFacts(({ files }) => {
        files.secretFiles = files.secretFiles.map((file) => ({ ...file, mode: 0o644 }));
      }),
      "written by the group": byFacts(({ files }) => {
        files.secretFiles = files.secretFiles.map((file) => ({ ...file, mode: 0o620 }));
      }),
      "read by the group": byFacts(({ files }) => {
        files.secretFiles = files.secretFiles.map((file) => ({ ...file, mode: 0o440 }));
      }, "warn"),
    },
  },
};
