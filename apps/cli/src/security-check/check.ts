import type { Facts } from "./facts.ts";

export const groups = {
  secrets: "Secrets",
  production: "Production settings",
  origins: "Origins and cookies",
  accounts: "Accounts and sessions",
  limits: "Limits",
  database: "Database",
  services: "Redis, mail and files",
  files: "Files",
  runtime: "Runtime and dependencies",
  containers: "Containers",
} as const;
export type Group = keyof typeof groups;

export type Finding = {
  status: "pass" | "warn" | "fail" | "skip";
  /** What was seen; never a secret. */
  detail: string;
  /** What to do about it; empty when there is nothing to do. */
  remedy: string;
};

/** One question about an installation, answered from facts alone. */
export type Check = {
  id: string;
  title: string;
  group: Group;
  run(facts: Facts): Finding;
};

export const pass = (detail: string): Finding => ({ status: "pass", detail, remedy: "" });
/** What is asked about is not there, or could not be seen. */
export const skip = (detail: string, remedy = ""): Finding => ({ status: "skip", detail, remedy });
export const warn = (detail: string, remedy: string): Finding => ({
  status: "warn",
  detail,
  remedy,
});
export const fail = (detail: string, remedy: string): Finding => ({
  status: "fail",
  detail,
  remedy,
});

/** Fails with everything that is wrong, or passes. */
export function failIfAny(wrong: string[], good: string, remedy: string): Finding {
  return wrong.length > 0 ? fail(wrong.join("; "), remedy) : pass(good);
}
