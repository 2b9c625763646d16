import { execFileSync } from "node:child_process";
import { expect, it } from "vitest";
import { snippetsFor } from "./snippets.ts";

const key = "mnt_abcdefghSECRET";
const origin = "http://127.0.0.1:3000";

function code(name: string, eventTypes: string[] = []) {
  const created = { key, scopes: ["events:write" as const], eventTypes, origins: [] };
  const snippets = snippetsFor(created, origin);
  return snippets.find((snippet) => snippet.name === name)?.code ?? "";
}

/** The words a shell makes of the command. */
function words(command: string): string[] {
  const script = `curl() { printf '%s\\0' "$@"; }\n${command}`;
  return execFileSync("sh", ["-c", script], { encoding: "utf8" }).split("\0").slice(0, -1);
}

it("writes a curl command that a shell reads as meant", () => {
  expect(words(code("curl"))).toEqual([
    "-sS",
    `${origin}/api/v1/events`,
    "-H",
    `Authorization: Bearer ${key}`,
    "-H",
    "Content-Type: application/json",
    "-d",
    '{"events":[{"type":"hello.world","message":"Sent with curl"}]}',
  ]);
});

it("writes a Node.js program that parses", () => {
  execFileSync(process.execPath, ["--check", "--input-type=module", "-"], { input: code("node") });
});

it("keeps the key off the command line of the CLI, where other users of the machine could see it", () => {
  const command = `npx() { printf '%s\\0' "$MUNIMENT_API_KEY" "$@"; }\n${code("cli")}`;
  const words = execFileSync("sh", ["-c", command], { encoding: "utf8" }).split("\0");
  expect(words[0]).toBe(key);
  expect(words.slice(1, -1)).toEqual([
    "-y",
    "pnpm",
    "muniment",
    "send",
    "--url",
    origin,
    "--format",
    "jsonl",
    "-",
  ]);
});

it("sends a type that the key may send", () => {
  expect(code("curl", ["ssh.*"])).toContain('"type":"ssh.world"');
  expect(code("curl", ["job.done", "ssh.*"])).toContain('"type":"job.done"');
});

it("shows a key for pages in the code of a page, where alone it works", () => {
  const created = {
    key,
    scopes: ["events:write" as const],
    eventTypes: [],
    origins: ["https://a.example"],
  };
  const [only, ...others] = snippetsFor(created, origin);
  expect([only?.name, others]).toEqual(["page", []]);
  const input = only?.code ?? "";
  execFileSync(process.execPath, ["--check", "--input-type=module", "-"], { input });
});

it("reads instead of sends where the key may only read", () => {
  const snippets = snippetsFor(
    { key, scopes: ["events:read"], eventTypes: [], origins: [] },
    origin,
  );
  expect(snippets.map(({ name }) => name)).toEqual(["curl", "node"]);
  expect(words(snippets[0]?.code ?? "")).not.toContain("-d");
});
