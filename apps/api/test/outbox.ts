import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import type { TestServer } from "./harness.ts";

export type SentMail = { raw: string; headers: Map<string, string>; text: string; mode: number };

function decodeQuotedPrintable(text: string): string {
  const bytes = text
    .replaceAll(/=\r\n/g, "")
    .replaceAll(/=([0-9A-F]{2})/g, (_, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    );
  return Buffer.from(bytes, "latin1").toString("utf8");
}

/** A mail of one text part, by the rules of RFC 5322 and RFC 2045. */
export function parseMail(raw: string): Omit<SentMail, "mode"> {
  const [head = "", ...rest] = raw.split("\r\n\r\n");
  const fields = head.replaceAll(/\r\n[ \t]+/g, " ").split("\r\n");
  const headers = new Map(
    fields.map((field) => {
      const at = field.indexOf(":");
      return [field.slice(0, at).toLowerCase(), field.slice(at + 1).trim()] as const;
    }),
  );
  const body = rest.join("\r\n\r\n");
  const encoding = headers.get("content-transfer-encoding");
  return {
    raw,
    headers,
    text: encoding === "quoted-printable" ? decodeQuotedPrintable(body) : body,
  };
}

/** The mails to an address in the outbox, oldest first; waits until there are so many. */
export async function mailsTo(
  server: Pick<TestServer, "dataDir">,
  address: string,
  count = 1,
): Promise<SentMail[]> {
  const directory = join(server.dataDir, "outbox");
  const read = async () => {
    const names = (await readdir(directory).catch(() => [])).filter((name) =>
      name.endsWith(".eml"),
    );
    const mails = names.sort().map(async (name) => {
      const path = join(directory, name);
      const { mode } = await stat(path);
      return { ...parseMail(await readFile(path, "utf8")), mode: mode & 0o777 };
    });
    return (await Promise.all(mails)).filter(({ headers }) => headers.get("to") === address);
  };
  const has = { interval: 50 };
  await expect.poll(async () => (await read()).length, has).toBeGreaterThanOrEqual(count);
  return read();
}

/** The token of the link in a mail. */
export const tokenIn = ({ text }: SentMail) => /#[a-z]+=([A-Za-z0-9_-]+)/.exec(text)?.[1] ?? "";
