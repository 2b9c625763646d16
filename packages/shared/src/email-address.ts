import { z } from "zod";

/** RFC 5321, 4.5.3.1: octets of a local part, and of an address that fits into a path of 256. */
const localPartMax = 64;
const addressMax = 254;

// The dot-atom of RFC 5322 in ASCII: no quotes, comments, blanks or control characters.
const localPart = /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/;
const hostName =
  /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const letters = /^[\p{L}\p{M}\p{N}.-]+$/u;

/** A domain in lower-case ASCII, labels of other scripts as `xn--` (UTS 46); null for anything else. */
function canonicalDomain(domain: string): string | null {
  // What looks like another text (full-width forms, ligatures) or is invisible is refused, not mapped.
  if (!letters.test(domain) || domain.normalize("NFKC") !== domain) return null;
  const url = `http://${domain}/`;
  if (!URL.canParse(url)) return null;
  const { hostname } = new URL(url);
  // A number at the end makes an IP address of it.
  if (!hostName.test(hostname) || /(?:^|\.)\d+$/.test(hostname)) return null;
  return hostname;
}

/**
 * The one spelling of an e-mail address under which it is stored and compared, or null when the text
 * is not exactly one address. Both parts are lower-cased; letters outside ASCII are possible in the
 * domain only, because a local part with them cannot be delivered to by most servers.
 */
export function canonicalEmail(text: string): string | null {
  const [local = "", domain = "", ...more] = text.replace(/^ +| +$/g, "").split("@");
  if (more.length > 0 || local.length > localPartMax || !localPart.test(local)) return null;
  const ascii = domain.length <= addressMax ? canonicalDomain(domain) : null;
  const address = `${local.toLowerCase()}@${ascii}`;
  return ascii === null || address.length > addressMax ? null : address;
}

/** An e-mail address as input, made canonical. One account exists per canonical address. */
export const email = z
  .string()
  .max(addressMax)
  .transform((text, context) => {
    const address = canonicalEmail(text);
    if (address !== null) return address;
    context.issues.push({ code: "custom", message: "not an e-mail address", input: text });
    return z.NEVER;
  });
