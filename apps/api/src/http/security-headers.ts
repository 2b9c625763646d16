import type { Config } from "../config.ts";

const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join("; ");

/** In every answer too, but for those that a page of another origin may read. */
export const ownOriginOnly = ["cross-origin-resource-policy", "same-origin"] as const;

/**
 * The headers of every answer, whatever it is (OWASP Secure Headers Project). They never change while
 * the server runs.
 */
export function securityHeaders({ publicUrl }: Config): Record<string, string> {
  const always = {
    "content-security-policy": contentSecurityPolicy,
    "cross-origin-opener-policy": "same-origin",
    "origin-agent-cluster": "?1",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "x-permitted-cross-domain-policies": "none",
    // The auditor that this header once switched on was itself a hole.
    "x-xss-protection": "0",
  };
  if (publicUrl.protocol !== "https:") return always;
  return { ...always, "strict-transport-security": "max-age=31536000; includeSubDomains" };
}
