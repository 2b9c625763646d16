import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { call } from "./call.ts";
import { key } from "./ingest-server.ts";

const samplePath = "../../../packages/log-formats/samples/sshd-sample.log";

/** The path of a log of sshd that every test may send. */
export const sample = fileURLToPath(new URL(samplePath, import.meta.url));
export const sampleLines = readFileSync(sample, "utf8").split("\n").length - 1;

/** As many JSON lines, each an event of its own. */
export function jsonLines(count: number): string {
  return Array.from({ length: count }, (_, i) => `{"type":"a","props":{"n":${i}}}\n`).join("");
}

type SendCall = Omit<NonNullable<Parameters<typeof call>[1]>, "env"> & { format?: string };

/** `muniment send` with the account for people. */
export function sendForText(server: { url: string }, argv: string[], options: SendCall = {}) {
  const { format = "sshd", ...rest } = options;
  const env = { MUNIMENT_URL: server.url, MUNIMENT_API_KEY: key };
  return call(["send", "--format", format, ...argv], { ...rest, env });
}

/** `muniment send --json`, with the parsed account. */
export async function send(server: { url: string }, argv: string[], options: SendCall = {}) {
  const result = await sendForText(server, ["--json", ...argv], options);
  return { ...result, report: result.stdout ? JSON.parse(result.stdout) : undefined };
}

/** `muniment send --json --format jsonl -`. */
export function sendLines(server: { url: string }, stdin: string) {
  return send(server, ["-"], { format: "jsonl", stdin });
}
