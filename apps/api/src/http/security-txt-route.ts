import { isIP } from "node:net";
import type { FastifyInstance } from "fastify";
import type { Deps } from "../deps.ts";

const validDays = 180;

/** The mailbox that RFC 2142 keeps for this. */
function usualContact({ hostname }: URL): string {
  const address = hostname.replace(/^\[(.*)\]$/, "$1");
  const kind = isIP(address);
  if (kind === 0) return `mailto:security@${hostname}`;
  return `mailto:security@[${kind === 6 ? "IPv6:" : ""}${address}]`;
}

/** Where to report a vulnerability of this installation, as https://www.rfc-editor.org/rfc/rfc9116 has it. */
export function addSecurityTxtRoute(app: FastifyInstance, { config, now }: Deps): void {
  const { publicUrl, securityContacts } = config;
  const path = "/.well-known/security.txt";
  const contacts = securityContacts.length > 0 ? securityContacts : [usualContact(publicUrl)];
  app.get(path, async (_request, reply) => {
    const expires = new Date(now().getTime() + validDays * 86_400_000).toISOString();
    const lines = [
      ...contacts.map((contact) => `Contact: ${contact}`),
      `Expires: ${expires}`,
      "Preferred-Languages: en",
      `Canonical: ${publicUrl.origin}${path}`,
    ];
    return reply
      .type("text/plain; charset=utf-8")
      .header("cache-control", "public, max-age=3600")
      .send(`${lines.join("\n")}\n`);
  });
}
