import type { Config } from "../config.ts";

type Site = Pick<Config, "publicUrl">;

const isSecure = ({ publicUrl }: Site) => publicUrl.protocol === "https:";

/** `__Host-` binds a cookie to this host, path and TLS; over plain-http loopback it cannot be set. */
function nameOf(site: Site, name: string): string {
  return `${isSecure(site) ? "__Host-" : ""}muniment_${name}`;
}

function cookie(site: Site, name: string, value: string, expiresAt: Date): string {
  const secure = isSecure(site) ? "; Secure" : "";
  return `${nameOf(site, name)}=${value}; Path=/; HttpOnly; SameSite=Strict; Expires=${expiresAt.toUTCString()}${secure}`;
}

function read(site: Site, name: string, header = ""): string | undefined {
  const start = `${nameOf(site, name)}=`;
  if (!header.includes(start)) return undefined;
  for (const part of header.split(";")) {
    const text = part.trim();
    if (text.startsWith(start) && text.length > start.length) return text.slice(start.length);
  }
  return undefined;
}

/**
 * The Set-Cookie value that signs in, kept by the browser until `expiresAt`: the latest end of the
 * session. That an unused one ends earlier is the server's to know.
 */
export const sessionCookie = (site: Site, token: string, expiresAt: Date) =>
  cookie(site, "session", token, expiresAt);

/** The Set-Cookie value that signs out. */
export const endedSessionCookie = (site: Site) => sessionCookie(site, "", new Date(0));

/** The session token of a Cookie header; absent when there is none or it is empty. */
export const readSessionToken = (header: string | undefined, site: Site) =>
  read(site, "session", header);

/** Tokens that one browser holds at most: one for each account that was signed in there. */
const maxDeviceTokens = 8;
/** 400 days, the longest that browsers keep a cookie (RFC 6265bis, 5.5). */
const deviceSeconds = 400 * 86_400;
const deviceToken = /^[A-Za-z0-9_-]{43}$/;

/** The Set-Cookie value by which a browser is known again to the accounts that signed in there, newest first. */
export const deviceCookie = (site: Site, tokens: readonly string[], now: Date) =>
  cookie(
    site,
    "device",
    tokens.slice(0, maxDeviceTokens).join("."),
    new Date(now.getTime() + deviceSeconds * 1000),
  );

/** The device tokens of a Cookie header; whatever is not one is left out. */
export const readDeviceTokens = (header: string | undefined, site: Site): string[] =>
  (read(site, "device", header) ?? "")
    .split(".", maxDeviceTokens)
    .filter((token) => deviceToken.test(token));
