import type { CreatedApiKey } from "@muniment/shared/api-keys.ts";
import { curlCommand } from "../../send-command.ts";

export type Snippet = { name: string; label: string; code: string };

/** Commands that work as they stand against the instance at `origin`, within what the key may do. */
export function snippetsFor(
  created: Pick<CreatedApiKey, "key" | "scopes" | "eventTypes" | "origins">,
  origin: string,
): Snippet[] {
  const write = created.scopes.includes("events:write");
  const type = exampleType(created.eventTypes);
  if (created.origins.length > 0) return inPage(created.key, origin, type);
  return write ? writing(created.key, origin, type) : reading(created.key, origin);
}

function exampleType(allowed: readonly string[]): string {
  const first = allowed[0] ?? "hello.*";
  return first.endsWith("*") ? `${first.slice(0, -1)}world` : first;
}

/** A publishable key works nowhere else. */
function inPage(key: string, origin: string, type: string): Snippet[] {
  return [
    {
      name: "page",
      label: "Web page",
      code: `await fetch("${origin}/api/v1/events", {
  method: "POST",
  keepalive: true,
  headers: {
    authorization: "Bearer ${key}",
    "content-type": "application/json",
  },
  body: JSON.stringify({
    events: [{ type: "${type}", message: document.title }],
  }),
});`,
    },
  ];
}

function writing(key: string, origin: string, type: string): Snippet[] {
  const url = `${origin}/api/v1/events`;
  return [
    {
      name: "curl",
      label: "curl",
      code: curlCommand(origin, key, type),
    },
    {
      name: "node",
      label: "Node.js",
      code: `// send.mjs, run with: node send.mjs
const response = await fetch("${url}", {
  method: "POST",
  headers: {
    authorization: "Bearer ${key}",
    "content-type": "application/json",
  },
  body: JSON.stringify({
    events: [{ type: "${type}", message: "Sent with Node.js", props: { pid: process.pid } }],
  }),
});
console.log(response.status, await response.json());`,
    },
    {
      name: "cli",
      label: "Muniment CLI",
      code: `# In the Muniment checkout. For a real log: --format sshd /var/log/auth.log
echo '{"type":"${type}","message":"Sent with the CLI"}' \\
  | MUNIMENT_API_KEY=${key} npx -y pnpm muniment send --url ${origin} --format jsonl -`,
    },
  ];
}

function reading(key: string, origin: string): Snippet[] {
  const url = `${origin}/api/v1/events`;
  return [
    {
      name: "curl",
      label: "curl",
      code: `curl -sS ${url} \\
  -H 'Authorization: Bearer ${key}'`,
    },
    {
      name: "node",
      label: "Node.js",
      code: `// read.mjs, run with: node read.mjs
const response = await fetch("${url}", {
  headers: { authorization: "Bearer ${key}" },
});
console.log(response.status, await response.json());`,
    },
  ];
}
