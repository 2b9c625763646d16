import { AppError } from "../errors.ts";

/** Where a request goes; `host` is a name or an address, without brackets. */
export type Target = { url: URL; host: string; port: number; tls: boolean };

const maxLength = 2048;

function refuse(why: string): never {
  throw new AppError("url_not_allowed", why);
}

/** Why nothing may be sent to a URL as it is written; undefined where something may. */
export function targetProblem(text: string): string | undefined {
  try {
    parseTarget(text);
    return undefined;
  } catch (error) {
    if (error instanceof AppError) return error.message;
    throw error;
  }
}

/**
 * Reads an http or https URL whose host is spelled as it is used: what a parser would make another
 * host of (numbers in other bases, full-width digits, backslashes, a user name) is refused as written.
 * @throws AppError `url_not_allowed`
 */
export function parseTarget(text: string): Target {
  if (text.length > maxLength || !/^[\x21-\x7e]+$/.test(text)) {
    refuse("The URL is too long, or holds a space or a character outside ASCII.");
  }
  const [, authority] = /^https?:\/\/([^/?#\\]+)(?:[/?#]|$)/i.exec(text) ?? [];
  if (authority === undefined || !URL.canParse(text)) refuse("This is no http or https URL.");
  const url = new URL(text);
  if (authority.includes("@")) refuse("The URL carries a user name or a password.");
  const tls = url.protocol === "https:";
  const port = Number(url.port || (tls ? 443 : 80));
  const written = authority.toLowerCase();
  const isUsual = written === url.host || written === `${url.hostname}:${port}`;
  if (!isUsual || url.hostname.endsWith(".")) refuse("The host is not in its usual spelling.");
  // Services below speak other protocols, some of which take an HTTP request for their own.
  if (port !== 80 && port !== 443 && port < 1024) refuse(`Port ${port} is not one for HTTP.`);
  return { url, host: url.hostname.replace(/^\[|\]$/g, ""), port, tls };
}
