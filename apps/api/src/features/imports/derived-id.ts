import { eventBounds } from "@muniment/shared/events.ts";

const latest = 2 ** 48 - 1;
const latestOrder = 0xfff;

/**
 * A UUIDv7 (RFC 9562, section 5.7) of a time, 12 bits that order what is of one time (section 6.2,
 * method 1), and 62 bits of a digest in hex. A time that no id can hold counts as 2000-01-01.
 */
export function derivedId(at: number, order: number, digest: string): string {
  const usable = at >= 0 && at <= latest ? Math.floor(at) : eventBounds.earliest;
  const clock = usable.toString(16).padStart(12, "0");
  const place = Math.min(order, latestOrder).toString(16).padStart(3, "0");
  const variant = (8 + (Number.parseInt(digest.charAt(15), 16) & 3)).toString(16);
  return `${clock.slice(0, 8)}-${clock.slice(8)}-7${place}-${variant}${digest.slice(0, 3)}-${digest.slice(3, 15)}`;
}
