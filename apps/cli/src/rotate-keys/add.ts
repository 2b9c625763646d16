import { writeFileSync } from "node:fs";
import type { SecretName } from "@muniment/api/config.ts";
import { addElements, makeElement } from "@muniment/api/keyring.ts";
import { exitCodes, type Io, UsageError } from "../command.ts";
import { readInstallation } from "../installation.ts";

type Asked = {
  names: readonly SecretName[];
  out: string | undefined;
  show: boolean;
  json: boolean;
};

function writeNew(path: string, text: string) {
  try {
    writeFileSync(path, text, { mode: 0o600, flag: "wx", flush: true });
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new UsageError(`--out: ${message}`, { cause });
  }
}

const restart = "Restart the server: it goes on with the old elements until then.";

/** Adds an element to rings that are kept, and makes those that the operator has to set. */
export function add(env: Io["env"], { names, out, show, json }: Asked, io: Io): number {
  const { config, given } = readInstallation(env);
  const isSet = (name: SecretName) => given[name].length > 0;
  const [toSet, kept] = [names.filter(isSet), names.filter((name) => !isSet(name))];
  if (toSet.length > 0 && out === undefined && !show) {
    throw new UsageError(
      `the environment gives ${toSet.join(", ")}: name a file for new elements with --out, or --show them, or choose others with --only`,
    );
  }
  const made = toSet.map((name) => `${name}=${makeElement()}`);
  const text = made.map((line) => `${line}\n`).join("");
  const written = made.length > 0 ? (out ?? null) : null;
  if (written !== null) writeNew(written, text);
  if (kept.length > 0) addElements(config.dataDir, kept);
  const rotated = names.map((name) => ({
    name,
    from: isSet(name) ? "environment" : "keyring.json",
    elements: isSet(name) ? given[name].length : readInstallation(env).rings[name].length,
  }));
  if (json) {
    const shown = show ? { elements: made } : {};
    io.stdout.write(`${JSON.stringify({ rotated, out: written, ...shown })}\n`);
    return exitCodes.ok;
  }
  for (const { name, from, elements } of rotated) {
    const told =
      from === "environment"
        ? `its new element is ${out === undefined ? "below" : `in ${out}`}; set ${name}=<new>,<present value>`
        : `has a new element, of ${elements} in DATA_DIR/keyring.json`;
    io.stdout.write(`${name}: ${told}\n`);
  }
  if (show) io.stdout.write(`\n${text}`);
  io.stdout.write(`\n${restart}\nThen: muniment rotate-keys --reencrypt, and --status\n`);
  return exitCodes.ok;
}
