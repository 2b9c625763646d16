import { type FormatName, formatNames } from "@muniment/log-formats/format.ts";
import type { Target } from "@muniment/sdk/delivery";
import { batchMax } from "@muniment/shared/events.ts";
import { type Io, parseArguments, UsageError } from "../command.ts";

export type SendOptions = {
  target: Target;
  format: FormatName;
  /** The path of the log, or "-" for the standard input. */
  file: string;
  source: string | undefined;
  offsetMinutes: number;
  year: number | undefined;
  batchSize: number;
  concurrency: number;
  retryForMs: number;
  json: boolean;
};

/** The options of one call, each checked; throws UsageError. */
export function parseSendOptions(argv: string[], env: Io["env"]): SendOptions {
  const { values, positionals } = parseArguments({
    args: argv,
    allowPositionals: true,
    options: {
      url: { type: "string" },
      key: { type: "string" },
      format: { type: "string" },
      source: { type: "string" },
      timezone: { type: "string" },
      year: { type: "string" },
      batch: { type: "string", default: String(batchMax) },
      concurrency: { type: "string", default: "4" },
      "retry-for": { type: "string", default: "300" },
      "allow-plain-http": { type: "boolean", default: false },
      json: { type: "boolean", default: false },
    },
  });
  const [file, ...more] = positionals;
  if (file === undefined || more.length > 0) {
    throw new UsageError("Name one file, or - for the standard input.");
  }
  const format = formatNames.find((name) => name === values.format);
  if (!format) throw new UsageError(`--format is one of ${formatNames.join(", ")}.`);
  if (values.source === "") throw new UsageError("--source is empty.");
  if (values.timezone !== undefined && format === "jsonl") {
    throw new UsageError("--timezone is for logs whose times have no zone; JSON lines say theirs.");
  }
  if (values.year !== undefined && format !== "sshd") {
    throw new UsageError("--year is for logs whose times have no year: sshd.");
  }
  return {
    target: {
      url: parseUrl(values.url ?? env.MUNIMENT_URL, values["allow-plain-http"]),
      key: parseKey(values.key ?? env.MUNIMENT_API_KEY),
    },
    format,
    file,
    source: values.source,
    offsetMinutes: parseOffset(values.timezone ?? "Z"),
    year: values.year === undefined ? undefined : parseNumber("--year", values.year, [2000, 2100]),
    batchSize: parseNumber("--batch", values.batch, [1, batchMax]),
    concurrency: parseNumber("--concurrency", values.concurrency, [1, 16]),
    retryForMs: parseNumber("--retry-for", values["retry-for"], [0, 86_400]) * 1000,
    json: values.json,
  };
}

export function parseUrl(text = "http://127.0.0.1:3000", allowPlainHttp: boolean): URL {
  // A base without a final slash would lose its last segment.
  const base = text.endsWith("/") ? text : `${text}/`;
  const url = URL.canParse(base) ? new URL(base) : undefined;
  if (!url || (url.protocol !== "http:" && url.protocol !== "https:")) {
    throw new UsageError("--url is not an http or https address.");
  }
  if (url.username || url.password || url.search || url.hash) {
    throw new UsageError("--url carries a password, a query or a fragment; it must not.");
  }
  if (url.protocol === "http:" && !isLoopback(url.hostname) && !allowPlainHttp) {
    throw new UsageError(
      "Over http:// the key would travel to another machine unencrypted. Use https://, or --allow-plain-http.",
    );
  }
  return url;
}

function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || hostname === "[::1]" || /^127(?:\.\d+){3}$/.test(hostname);
}

export function parseKey(key: string | undefined): string {
  if (!key) throw new UsageError("There is no key: set MUNIMENT_API_KEY, or give --key.");
  if (!/^[\x21-\x7e]+$/.test(key))
    throw new UsageError("The key holds a space or a control character.");
  return key;
}

/** "+02:00", "-0530" or "Z" as minutes east of UTC. */
export function parseOffset(text: string): number {
  if (text === "Z" || text === "UTC") return 0;
  const [, sign, hours, minutes] = /^([+-])(\d\d):?([0-5]\d)$/.exec(text) ?? [];
  const offset = Number(hours) * 60 + Number(minutes);
  if (!(offset <= 14 * 60)) throw new UsageError("--timezone is an offset such as +02:00, or Z.");
  return sign === "-" ? -offset : offset;
}

export function parseNumber(option: string, text: string, [min, max]: [number, number]): number {
  const number = Number(text);
  if (!/^\d+$/.test(text) || number < min || number > max) {
    throw new UsageError(`${option} is a whole number from ${min} to ${max}.`);
  }
  return number;
}
