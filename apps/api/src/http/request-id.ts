import { randomFillSync } from "node:crypto";

const idBytes = 10;
/** Random bits are drawn for many ids at once, because each draw takes longer than the rest of a request. */
const pool = Buffer.alloc(idBytes * 512);
let used = pool.length;

/** A UUIDv7 (RFC 9562, 5.7): milliseconds, then random bits. */
export function newRequestId(): string {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  const random = pool.toString("hex", used, used + idBytes);
  const variant = "89ab"[(pool[used] ?? 0) & 3];
  used += idBytes;
  const time = Date.now().toString(16).padStart(12, "0");
  return `${time.slice(0, 8)}-${time.slice(8)}-7${random.slice(2, 5)}-${variant}${random.slice(5, 8)}-${random.slice(8)}`;
}
