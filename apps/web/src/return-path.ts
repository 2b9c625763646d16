/**
 * A path of this site to go to after signing in, or `/`.
 * Refuses whatever a browser could read as another origin: `//host`, `/\host`, `https:...`, control characters.
 */
export function safeReturnPath(from: string | undefined, origin: string): string {
  if (!from?.startsWith("/") || /[\\\p{Cc}]/u.test(from)) return "/";
  if (from.startsWith("//") || !URL.canParse(from, origin)) return "/";
  const url = new URL(from, origin);
  if (url.origin !== origin) return "/";
  const path = url.pathname + url.search + url.hash;
  return /^\/(?:sign-in|sign-up|setup)(?:[/?#]|$)/.test(path) || path.startsWith("//") ? "/" : path;
}
