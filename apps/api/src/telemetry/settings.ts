import { z } from "zod";
import type { Problem } from "../config.ts";

const text = z.string().max(8192).optional();

/** The variables of OpenTelemetry that are read here. They are judged only where there is an endpoint. */
export const telemetryVariables = {
  OTEL_EXPORTER_OTLP_ENDPOINT: text,
  OTEL_EXPORTER_OTLP_HEADERS: text,
  OTEL_EXPORTER_OTLP_PROTOCOL: text,
  OTEL_TRACES_EXPORTER: text,
  OTEL_LOGS_EXPORTER: text,
  OTEL_TRACES_SAMPLER: text,
  OTEL_TRACES_SAMPLER_ARG: text,
  OTEL_BSP_SCHEDULE_DELAY: text,
  OTEL_BLRP_SCHEDULE_DELAY: text,
  OTEL_SERVICE_NAME: text,
  OTEL_RESOURCE_ATTRIBUTES: text,
  OTEL_SDK_DISABLED: text,
};
type Name = keyof typeof telemetryVariables;
type Variables = { [name in Name]?: string | undefined };

export type TelemetrySettings = {
  /** Without a slash at its end; `/v1/traces` and `/v1/logs` lie below it. */
  endpoint: string;
  headers: Record<string, string>;
  traces: boolean;
  logs: boolean;
  /** Which part of all calls has its spans sent. */
  ratio: number;
  /** How long spans and lines wait for more to be sent with. */
  delayMilliseconds: { traces: number; logs: number };
  /** What the sender is, `service.name` among it. */
  resource: Record<string, string>;
};

class Wrong extends Error {
  constructor(
    readonly variable: Name,
    readonly problem: string,
    readonly remedy: string,
  ) {
    super(problem);
  }
}

/** A value that is one of a list; the first where there is none. */
function oneOf<T extends string>(v: Variables, name: Name, values: readonly [T, ...T[]]): T {
  const given = v[name] ?? values[0];
  const found = values.find((value) => value === given.toLowerCase());
  if (found) return found;
  throw new Wrong(name, "is none of what Muniment knows", `set it to ${values.join(" or ")}`);
}

/** `name=value,name=value` with what is special in them percent-encoded. */
function pairsOf(v: Variables, name: Name, isGood: (key: string, value: string) => boolean) {
  const pairs = (v[name] ?? "").split(",").filter((part) => part.trim() !== "");
  const read = pairs.map((pair): [string, string] => {
    const at = pair.indexOf("=");
    try {
      const [key, value] = [pair.slice(0, at), pair.slice(at + 1)];
      const decoded: [string, string] = [key.trim(), decodeURIComponent(value.trim())];
      if (at > 0 && isGood(...decoded)) return decoded;
    } catch {
      // Not percent-encoded.
    }
    throw new Wrong(
      name,
      "is not a list of pairs",
      "write it as name=value,name=value, with spaces, commas and % in values percent-encoded",
    );
  });
  return Object.fromEntries(read);
}

const isHeader = (key: string, value: string) =>
  /^[A-Za-z0-9!#$&'*+.^_`|~-]+$/.test(key) && /^[\x20-\x7e]*$/.test(value);
const isAttribute = (key: string, value: string) =>
  /^[\x21-\x7e]+$/.test(key) && key.length < 256 && value.length < 256;

type MayBePlain = (host: string) => boolean;

function endpointOf(endpoint: string, mayBePlain: MayBePlain): string {
  const wrong = (problem: string, remedy: string) =>
    new Wrong("OTEL_EXPORTER_OTLP_ENDPOINT", problem, remedy);
  const url = URL.canParse(endpoint) ? new URL(endpoint) : null;
  if (!url || !/^https?:$/.test(url.protocol) || url.search || url.hash || url.username) {
    throw wrong(
      "is no plain address of http or https",
      "set it to that of a collector's OTLP/HTTP receiver, such as http://127.0.0.1:4318, and what proves who sends to OTEL_EXPORTER_OTLP_HEADERS",
    );
  }
  if (url.protocol === "http:" && !mayBePlain(url.hostname)) {
    throw wrong(
      "reaches a collector off loopback without TLS in production",
      "use https, or a collector on this machine that sends on",
    );
  }
  return url.href.replace(/\/+$/, "");
}

/** Which part of calls a sampler keeps. With `parentbased_` it is the same: nobody's flag is followed. */
function ratioOf(v: Variables): number {
  const kinds = ["always_on", "always_off", "traceidratio"] as const;
  const names = kinds.flatMap((kind) => [`parentbased_${kind}`, kind]);
  const kind = oneOf(v, "OTEL_TRACES_SAMPLER", names as [string, ...string[]]);
  const ratio = Number(v.OTEL_TRACES_SAMPLER_ARG ?? "1");
  if (!(ratio >= 0 && ratio <= 1)) {
    const remedy = "set it to the part of calls to trace, such as 0.1";
    throw new Wrong("OTEL_TRACES_SAMPLER_ARG", "is no number from 0 to 1", remedy);
  }
  if (kind.endsWith("traceidratio")) return ratio;
  return kind.endsWith("always_on") ? 1 : 0;
}

/** How long what is sent waits for more; a second where nothing is said. */
function delayOf(v: Variables, name: Name): number {
  const delay = Number(v[name] ?? "1000");
  if (Number.isInteger(delay) && delay >= 1 && delay <= 60_000) return delay;
  throw new Wrong(name, "is no number of milliseconds up to 60000", "set it to one, such as 1000");
}

/** What the variables say, or each of their problems; null where nothing is to be sent. */
export function telemetryOf(
  v: Variables,
  mayBePlain: MayBePlain,
): { settings: TelemetrySettings | null; problems: Problem[] } {
  const problems: Problem[] = [];
  function judge<T>(read: () => T, fallback: T): T {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof Wrong)) throw error;
      const { variable, problem, remedy } = error;
      problems.push({ variable, problem, remedy });
      return fallback;
    }
  }
  const { OTEL_EXPORTER_OTLP_ENDPOINT: given } = v;
  if (given === undefined) return { settings: null, problems };
  const isOff = judge(() => oneOf(v, "OTEL_SDK_DISABLED", ["false", "true"]), "false") === "true";
  if (isOff) return { settings: null, problems };
  judge(() => oneOf(v, "OTEL_EXPORTER_OTLP_PROTOCOL", ["http/json"]), null);
  const isSent = (name: Name) => judge(() => oneOf(v, name, ["otlp", "none"]), "none") === "otlp";
  const attributes = () => pairsOf(v, "OTEL_RESOURCE_ATTRIBUTES", isAttribute);
  const name = v.OTEL_SERVICE_NAME;
  const settings = {
    endpoint: judge(() => endpointOf(given, mayBePlain), ""),
    headers: judge(() => pairsOf(v, "OTEL_EXPORTER_OTLP_HEADERS", isHeader), {}),
    traces: isSent("OTEL_TRACES_EXPORTER"),
    logs: isSent("OTEL_LOGS_EXPORTER"),
    ratio: judge(() => ratioOf(v), 0),
    delayMilliseconds: {
      traces: judge(() => delayOf(v, "OTEL_BSP_SCHEDULE_DELAY"), 0),
      logs: judge(() => delayOf(v, "OTEL_BLRP_SCHEDULE_DELAY"), 0),
    },
    resource: {
      "service.name": "muniment",
      ...judge(attributes, {}),
      ...(name ? { "service.name": name } : {}),
    },
  };
  return { settings, problems };
}
