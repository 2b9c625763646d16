import { readFileSync } from "node:fs";
import { type Problem, secretNames } from "./config.ts";

type Env = Record<string, string | undefined>;

/** Variables that may be given as `<NAME>_FILE`, the path of a file that holds the value. */
export const fileVariables = [
  ...secretNames,
  "DATABASE_CA",
  "DATABASE_URL",
  "DATABASE_OWNER_URL",
  "REDIS_URL",
  "SMTP_URL",
  "METRICS_TOKEN",
  "OTEL_EXPORTER_OTLP_HEADERS",
  "S3_ACCESS_KEY_ID",
  "S3_SECRET_ACCESS_KEY",
  "MODEL_API_KEY",
] as const;

/**
 * Replaces `<NAME>_FILE` by the contents of the file, without the line end. A value beside it is a
 * problem: one of the two would be ignored, and a rotated secret with it.
 */
export function withFiles(env: Env): { env: Env; problems: Problem[] } {
  const read = { ...env };
  const problems: Problem[] = [];
  for (const name of fileVariables) {
    const path = env[`${name}_FILE`];
    if (!path) continue;
    if (env[name]) {
      problems.push({
        variable: name,
        problem: `is set beside ${name}_FILE`,
        remedy: "unset one of the two",
      });
    }
    try {
      read[name] = readFileSync(path, "utf8").trim();
    } catch (error) {
      problems.push({
        variable: `${name}_FILE`,
        problem: `cannot be read (${error instanceof Error ? error.message : String(error)})`,
        remedy: "correct the path or the file's permissions",
      });
    }
  }
  return { env: read, problems };
}
