import { type FormatName, formatNames } from "@muniment/log-formats/format.ts";
import type { Target } from "@muniment/sdk/delivery";
import { batchMax } from "@muniment/shared/events.ts";
import { type Io, parseArguments, UsageError } from "../command.ts";
import { parseTarget, targetOptions } from "../target.ts";

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
  /** Goes on when the end of the file is reached, through its rotations. */
  follow: boolean;
  /** Where a file begins that was never followed before. */
  from: "start" | "end";
  /** The file that keeps how far a followed log was sent. */
  state: string | undefined;
  json: boolean;
};

/** The options of one call, each checked; throws UsageError. */
export function parseSendOptions(argv: string[], env: Io["env"]): SendOptions {
  const { values, positionals } = parseArguments({
    args: argv,
    allowPositionals: true,
    options: {
      ...targetOptions,
      format: { type: "string" },
      source: { type: "string" },
      timezone: { type: "string" },
      year: { type: "string" },
      batch: { type: "string", default: String(batchMax) },
      concurrency: { type: "string", default: "4" },
      "retry-for": { type: "string" },
      follow: { type: "boolean", default: false },
      from: { type: "string" },
      state: { type: "string" },
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
  if (values.timezone !== undefined && (format === "jsonl" || format === "journald")) {
    throw new UsageError("--timezone is for logs whose times have no zone; JSON lines say theirs.");
  }
  if (values.year !== undefined && format !== "sshd" && format !== "syslog") {
    throw new UsageError("--year is for logs whose times have no year: sshd and syslog.");
  }
  const { follow, from = "start", state } = values;
  if (follow && file === "-") {
    throw new UsageError(
      "--follow is for files; the standard input is followed to its end anyway.",
    );
  }
  if (!follow && (values.from !== undefined || state !== undefined)) {
    throw new UsageError("--from and --state are for --follow.");
  }
  if (from !== "start" && from !== "end") throw new UsageError("--from is start or end.");
  return {
    target: parseTarget(values, env),
    format,
    file,
    source: values.source,
    offsetMinutes: parseOffset(values.timezone ?? "Z"),
    year: values.year === undefined ? undefined : parseNumber("--year", values.year, [2000, 2100]),
    batchSize: parseNumber("--batch", values.batch, [1, batchMax]),
    concurrency: parseNumber("--concurrency", values.concurrency, [1, 16]),
    retryForMs:
      values["retry-for"] === undefined && follow
        ? Number.POSITIVE_INFINITY
        : parseNumber("--retry-for", values["retry-for"] ?? "300", [0, 86_400]) * 1000,
    follow,
    from,
    state,
    json: values.json,
  };
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
