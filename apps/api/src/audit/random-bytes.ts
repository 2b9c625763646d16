import { randomBytes } from "node:crypto";

const length = 16;
const atOnce = 512 * length;

let drawn = Buffer.alloc(0);
let used = 0;

/**
 * Gives `use` 16 random bytes that nobody else gets, and which are zero when it is done. They are drawn
 * many at once: to ask the system for few takes as long.
 */
export function withRandomBytes<T>(use: (bytes: Buffer) => T): T {
  if (used === drawn.length) {
    drawn = randomBytes(atOnce);
    used = 0;
  }
  const bytes = drawn.subarray(used, used + length);
  used += length;
  try {
    return use(bytes);
  } finally {
    bytes.fill(0);
  }
}
