/** The settings of an instance at a start, as the audit log may have them: what they are, with nothing secret. */
export type Settings = {
  /** Those whose values anybody who reads the log may know, by variable; of what is not set, its default. */
  shown: Readonly<Record<string, string>>;
  /** Those that are or may hold a secret or an address of somebody. Never written as they are. */
  hidden: Readonly<Record<string, string>>;
};

/** The texts that may be shown; whatever is not here is hidden, but for numbers. */
const harmless: ReadonlySet<string> = new Set([
  "NODE_ENV",
  "PUBLIC_URL",
  "TRUST_PROXY",
  "CORS_ORIGINS",
  "SIGN_UP",
  "SIGN_UP_VERIFY",
  "REQUIRE_MFA",
  "EGRESS_ALLOW",
  "MODEL_NAME",
  "API_DOCS",
  "LOG_LEVEL",
  "ACCESS_LOG",
  "OTEL_TRACES_EXPORTER",
  "OTEL_LOGS_EXPORTER",
  "OTEL_TRACES_SAMPLER",
  "OTEL_TRACES_SAMPLER_ARG",
  "OTEL_BSP_SCHEDULE_DELAY",
  "OTEL_BLRP_SCHEDULE_DELAY",
  "OTEL_SDK_DISABLED",
  "S3_BUCKET",
  "S3_REGION",
]);
const longest = 500;

/** Where one node listens and keeps its files, in which it may differ from others of the same instance. */
const ofOneNode: ReadonlySet<string> = new Set(["HOST", "PORT", "DATA_DIR"]);
export const isOfInstance = (name: string): boolean => !ofOneNode.has(name);

/** Tells the settings of a start apart, by variable; what has no value or is of one node is left out. */
export function toSettings(variables: Readonly<Record<string, unknown>>): Settings {
  const shown: Record<string, string> = {};
  const hidden: Record<string, string> = {};
  for (const name of Object.keys(variables).filter(isOfInstance).sort()) {
    const value = variables[name];
    if (value === undefined) continue;
    const text = String(value);
    const isHarmless = typeof value === "number" || harmless.has(name);
    (isHarmless && text.length <= longest ? shown : hidden)[name] = text;
  }
  return { shown, hidden };
}
