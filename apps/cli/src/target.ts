import type { Target } from "@muniment/sdk/delivery";
import { type Io, UsageError } from "./command.ts";

/** The options by which a command reaches a server. */
export const targetOptions = {
  url: { type: "string" },
  key: { type: "string" },
  "allow-plain-http": { type: "boolean", default: false },
} as const;

type Values = { url?: string | undefined; key?: string | undefined; "allow-plain-http": boolean };

/** Where the server is and the key for it. @throws UsageError */
export function parseTarget(values: Values, env: Io["env"]): Target {
  return {
    url: parseUrl(values.url ?? env.MUNIMENT_URL, values["allow-plain-http"]),
    key: parseKey(values.key ?? env.MUNIMENT_API_KEY),
  };
}

/** An address as a base for paths below it. @throws UsageError */
export function parseUrl(text = "http://127.0.0.1:3000", allowPlainHttp: boolean): URL {
  // A base without a final slash would lose its last segment.
  const base = text.endsWith("/") ? text : `${text}/`;
  const url = URL.canParse(base) ? new URL(base) : undefined;
  if (!url || (url.protocol !== "http:" && url.protocol !== "https:")) {
    throw new UsageError("--url is not an http or https address.");
  }
  if (url.username || url.password || url.search || url.hash) {
    throw new UsageError("--url carries a password, a query or a fragment; it must not.");
  }
  if (url.protocol === "http:" && !isLoopback(url.hostname) && !allowPlainHttp) {
    throw new UsageError(
      "Over http:// the key or password would travel to another machine unencrypted. Use https://, or --allow-plain-http.",
    );
  }
  return url;
}

function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || hostname === "[::1]" || /^127(?:\.\d+){3}$/.test(hostname);
}

function parseKey(key: string | undefined): string {
  if (!key) throw new UsageError("There is no key: set MUNIMENT_API_KEY, or give --key.");
  if (!/^[\x21-\x7e]+$/.test(key))
    throw new UsageError("The key holds a space or a control character.");
  return key;
}
