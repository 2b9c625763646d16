import { accessSync, constants, existsSync, statSync } from "node:fs";
import { basename, dirname } from "node:path";
import { eventFields } from "@muniment/shared/events.ts";
import { exportFormats } from "@muniment/shared/exports.ts";
import { type Io, parseArguments, UsageError } from "../command.ts";
import { printable } from "../send/report.ts";
import { parseUrl } from "../target.ts";

function columnsOf(pairs: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const cut = pair.indexOf("=");
      const field = eventFields.find((name) => name === pair.slice(0, cut));
      const column = pair.slice(cut + 1);
      if (!field || column === "") {
        throw new UsageError(`--column is <field>=<column>; fields: ${eventFields.join(", ")}.`);
      }
      return [field, column];
    }),
  );
}

function mayUse(path: string, mode: number): boolean {
  try {
    accessSync(path, mode);
    return true;
  } catch {
    return false;
  }
}

function sizeOf(file: string): number {
  const stats = statSync(file, { throwIfNoEntry: false });
  if (!stats?.isFile()) throw new UsageError(`${printable(file)} is not a file.`);
  if (!mayUse(file, constants.R_OK)) throw new UsageError(`${printable(file)} cannot be read.`);
  if (stats.size === 0) throw new UsageError(`${printable(file)} is empty.`);
  return stats.size;
}

/** @throws UsageError */
export function parseOptions(argv: string[], env: Io["env"]) {
  const { values, positionals } = parseArguments({
    args: argv,
    allowPositionals: true,
    options: {
      url: { type: "string" },
      email: { type: "string" },
      code: { type: "string" },
      agent: { type: "string" },
      format: { type: "string" },
      column: { type: "string", multiple: true, default: [] },
      type: { type: "string" },
      "allow-incomplete": { type: "boolean", default: false },
      rejects: { type: "string" },
      "allow-plain-http": { type: "boolean", default: false },
      json: { type: "boolean", default: false },
    },
  });
  const [file, ...more] = positionals;
  if (file === undefined || more.length > 0) throw new UsageError("Give one file.");
  const { email, code, agent, type, rejects, json } = values;
  const password = env.MUNIMENT_PASSWORD;
  if (!email) throw new UsageError("Say who imports: --email.");
  if (!password) throw new UsageError("There is no password: set MUNIMENT_PASSWORD.");
  if (!agent) throw new UsageError("Say into which agent: --agent.");
  if (rejects !== undefined) {
    if (existsSync(rejects)) throw new UsageError(`${printable(rejects)} is there already.`);
    if (!mayUse(dirname(rejects), constants.W_OK)) {
      throw new UsageError(`${printable(rejects)} cannot be written.`);
    }
  }
  const named = values.format ?? (/\.csv$/i.test(file) ? "csv" : "ndjson");
  const format = exportFormats.find((name) => name === named);
  if (!format) throw new UsageError(`--format is one of ${exportFormats.join(", ")}.`);
  const columns = columnsOf(values.column);
  return {
    url: parseUrl(values.url ?? env.MUNIMENT_URL, values["allow-plain-http"]),
    account: { email, password, ...(code === undefined ? {} : { code }) },
    file,
    rejects,
    json,
    asked: {
      agentId: agent,
      name: basename(file).slice(0, 255),
      format,
      sizeBytes: sizeOf(file),
      ...(Object.keys(columns).length > 0 ? { columns } : {}),
      ...(type === undefined ? {} : { type }),
      ...(values["allow-incomplete"] ? { allowIncomplete: true } : {}),
    },
  };
}
export type Options = ReturnType<typeof parseOptions>;
