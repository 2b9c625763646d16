import type { Config } from "../config.ts";

/** `__Host-` binds a cookie to this host, path and TLS; over plain-http loopback it cannot be set. */
export function sessionCookieName({ publicUrl }: Pick<Config, "publicUrl">): string {
  return publicUrl.protocol === "https:" ? "__Host-muniment_session" : "muniment_session";
}

/**
 * The Set-Cookie value that signs in, kept by the browser until `expiresAt`: the latest end of the
 * session. That an unused one ends earlier is the server's to know.
 */
export function sessionCookie(config: Config, token: string, expiresAt: Date): string {
  const secure = config.publicUrl.protocol === "https:" ? "; Secure" : "";
  return `${sessionCookieName(config)}=${token}; Path=/; HttpOnly; SameSite=Strict; Expires=${expiresAt.toUTCString()}${secure}`;
}

/** The Set-Cookie value that signs out. */
export const endedSessionCookie = (config: Config) => sessionCookie(config, "", new Date(0));

/** The session token of a Cookie header; absent when there is none or it is empty. */
export function readSessionToken(header: string | undefined, config: Config): string | undefined {
  const name = `${sessionCookieName(config)}=`;
  for (const part of (header ?? "").split(";")) {
    const text = part.trim();
    if (text.startsWith(name) && text.length > name.length) return text.slice(name.length);
  }
  return undefined;
}
