import { createReadStream } from "node:fs";
import { type SecretRings, secretNames } from "@muniment/api/config.ts";
import { settingsOf } from "../admin/settings.ts";
import { type Command, exitCodes, type Io, parseArguments, UsageError } from "../command.ts";
import { openInstallation, readEnvFile } from "../installation.ts";
import { printable } from "../send/report.ts";
import { filesOf } from "./files.ts";
import { type KnownKey, withKeyLookup } from "./live-keys.ts";
import { requireAnswer, revokeFound } from "./revoke.ts";
import { type Found, scanStream } from "./scan-stream.ts";
import type { SecretKind } from "./secrets.ts";
import { usage } from "./usage.ts";

export const scan: Command = {
  name: "scan",
  summary: "look for API keys and other secrets of Muniment in files, or in a stream",
  usage,
  run,
};

const pieceBytes = 1_048_576;
/** A report holds no more; the others are counted. */
const mostReported = 10_000;

const words: Record<SecretKind, string> = {
  api_key: "API key",
  refresh_token: "refresh token",
  access_token: "access token",
  link: "link",
  webhook_secret: "secret of a webhook",
  ring_element: "element of",
};

type Finding = {
  path: string;
  line: number;
  kind: SecretKind;
  shown: string;
  /** What the installation knows of an API key; null where it is none of its own. */
  key?: Pick<KnownKey, "id" | "name" | "agent" | "works"> | null;
};
type Unread = { path: string; why: string };
type Find = (key: string) => Promise<KnownKey | null>;
/** Revokes keys; answers which were. */
type Revoke = (keys: readonly KnownKey[]) => Promise<KnownKey[]>;
type Source = { path: string; pieces: AsyncIterable<Uint8Array> };

const elementsOf = (rings: SecretRings): Map<string, string> =>
  new Map(secretNames.flatMap((name) => rings[name].map((element) => [element, name] as const)));

function textOf({ path, line, kind, shown, key }: Finding): string {
  const known = key
    ? `, "${key.name}" of the agent "${key.agent}", which ${key.works ? "WORKS: revoke it" : "works no more"}`
    : "";
  const other = key === null ? ", not of this installation" : "";
  return `${printable(`${path}:${line}: ${words[kind]} ${shown}${known}${other}`, 1000)}\n`;
}

/** What is found is told as it is found, or in one report. */
class Report {
  readonly findings: Finding[] = [];
  readonly unread: Unread[] = [];
  /** Keys of the installation that are not revoked, by their ids. */
  readonly live = new Map<string, KnownKey>();
  files = 0;
  count = 0;
  /** What is not a key of the installation. */
  others = 0;
  readonly #io: Io;
  readonly #json: boolean;

  constructor(io: Io, json: boolean) {
    this.#io = io;
    this.#json = json;
  }

  add(finding: Finding, key: KnownKey | null) {
    this.count += 1;
    if (!key) this.others += 1;
    else if (!key.isRevoked) this.live.set(key.id, key);
    if (!this.#json) this.#io.stdout.write(textOf(finding));
    else if (this.findings.length < mostReported) this.findings.push(finding);
  }

  missed = (path: string, error: unknown) => {
    const why = error instanceof Error ? error.message : String(error);
    if (!this.#json) this.#io.stderr.write(`${printable(`${path}: ${why}`, 1000)}\n`);
    if (this.unread.length < mostReported) this.unread.push({ path, why });
  };

  /** Revokes what is to be, and answers the exit code: whether anything is left to be done. */
  async end(revoke: Revoke | null): Promise<number> {
    const { findings, files, unread, count, live } = this;
    const revoked =
      revoke &&
      (await revoke([...live.values()])).map(({ id, name, agent }) => ({ id, name, agent }));
    if (this.#json) {
      const more = count - findings.length;
      const told = { findings, more, files, unread, ...(revoked && { revoked }) };
      this.#io.stdout.write(`${JSON.stringify(told)}\n`);
    } else {
      for (const { name, agent } of revoked ?? []) {
        this.#io.stdout.write(`${printable(`Revoked: "${name}" of the agent "${agent}"`, 1000)}\n`);
      }
    }
    const left = revoked ? this.others + live.size - revoked.length : count;
    return left > 0 || unread.length > 0 ? exitCodes.failed : exitCodes.ok;
  }
}

async function* sources(paths: readonly string[], io: Io, report: Report): AsyncGenerator<Source> {
  if (paths.includes("-")) yield { path: "-", pieces: io.stdin };
  const files = paths.filter((path) => path !== "-");
  for await (const path of filesOf(files, report.missed)) {
    yield { path, pieces: createReadStream(path, { highWaterMark: pieceBytes }) };
  }
}

const told = ({ id, name, agent, works }: KnownKey) => ({ id, name, agent, works });

async function addFound(report: Report, path: string, found: Found, find: Find | null) {
  const { line, kind, shown, text } = found;
  const isKey = kind === "api_key" && find !== null;
  const key = isKey ? await find(text) : null;
  const known = isKey ? { key: key && told(key) } : {};
  report.add({ path, line, kind, shown, ...known }, key);
}

async function scanAll(
  paths: readonly string[],
  io: Io,
  json: boolean,
  elements: ReadonlyMap<string, string>,
  find: Find | null,
  revoke: Revoke | null,
): Promise<number> {
  const report = new Report(io, json);
  for await (const { path, pieces } of sources(paths, io, report)) {
    if (io.signal.aborted) throw new Error("interrupted: not everything was looked at");
    report.files += 1;
    try {
      for await (const found of scanStream(pieces, elements)) {
        await addFound(report, path, found, find);
      }
    } catch (error) {
      report.missed(path, error);
    }
  }
  return report.end(revoke);
}

async function run(argv: string[], io: Io): Promise<number> {
  const { values, positionals } = parseArguments({
    args: argv,
    allowPositionals: true,
    options: {
      installation: { type: "boolean", default: false },
      revoke: { type: "boolean", default: false },
      yes: { type: "boolean", default: false },
      "env-file": { type: "string" },
      json: { type: "boolean", default: false },
    },
  });
  if (positionals.length === 0) throw new UsageError("Name files or folders, or - for the input.");
  const envFile = values["env-file"];
  if (values.yes && !values.revoke) throw new UsageError("--yes goes with --revoke.");
  if (!values.installation && !values.revoke) {
    if (envFile !== undefined) throw new UsageError("--env-file goes with --installation.");
    return scanAll(positionals, io, values.json, new Map(), null, null);
  }
  if (values.revoke) requireAnswer(io, values.yes, positionals);
  const env = {
    ...(envFile ? await readEnvFile(envFile) : io.env),
    ...(io.env.MUNIMENT_MIGRATIONS ? { MUNIMENT_MIGRATIONS: io.env.MUNIMENT_MIGRATIONS } : {}),
  };
  const settings = values.revoke ? settingsOf(env) : null;
  const revoke =
    settings &&
    ((keys: readonly KnownKey[]) => revokeFound(keys, settings, { yes: values.yes, io }));
  const installation = await openInstallation(env);
  try {
    const elements = elementsOf(installation.rings);
    return await withKeyLookup(installation, (find) =>
      scanAll(positionals, io, values.json, elements, find, revoke),
    );
  } finally {
    await installation.close();
  }
}
