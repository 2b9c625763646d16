import { z } from "zod";
import { timestamp } from "./values.ts";

/** What checks of an installation are about, in the order they are shown. */
export const checkGroups = {
  secrets: "Secrets",
  production: "Production settings",
  origins: "Origins and cookies",
  accounts: "Accounts and sessions",
  keys: "API keys",
  limits: "Limits",
  audit: "Audit log and alerts",
  database: "Database",
  services: "Redis, mail and files",
  certificates: "Certificates",
  files: "Files",
  runtime: "Runtime and dependencies",
  containers: "Containers",
} as const;
export type CheckGroup = keyof typeof checkGroups;

export const checkStatuses = ["fail", "warn", "pass", "skip"] as const;
export type CheckStatus = (typeof checkStatuses)[number];

export const judgedCheck = z.strictObject({
  id: z.string(),
  group: z.enum(Object.keys(checkGroups) as [CheckGroup, ...CheckGroup[]]),
  title: z.string(),
  status: z.enum(checkStatuses),
  /** What was seen; never a secret, a place in the file system or a person. */
  detail: z.string(),
  /** What to do about it; empty when there is nothing to do. */
  remedy: z.string(),
});
export type JudgedCheck = z.infer<typeof judgedCheck>;

const count = z.number().int().min(0);

/** How safe the installation is, as the server that answers sees it. */
export const posture = z.strictObject({
  at: timestamp,
  summary: z.strictObject({ pass: count, warn: count, fail: count, skip: count }),
  checks: z.array(judgedCheck),
});
export type Posture = z.infer<typeof posture>;
