const hex = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

/**
 * Makes UUIDs of version 7 (RFC 9562, section 5.7) that rise strictly: within a millisecond 12 bits
 * count on (section 6.2, method 1), and when those are used up the clock is taken one further.
 */
export function createIdMaker(now: () => number = Date.now): () => string {
  let last = 0;
  let count = 0;
  return () => {
    const at = now();
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    if (at > last) {
      last = at;
      // Begun in the lower half, so that there is room to count.
      count = (((bytes[6] ?? 0) << 8) | (bytes[7] ?? 0)) & 0x7ff;
    } else if (count < 0xfff) count += 1;
    else {
      last += 1;
      count = 0;
    }
    const time = last.toString(16).padStart(12, "0");
    const order = count.toString(16).padStart(3, "0");
    bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
    const random = Array.from(bytes.subarray(8), (byte) => hex[byte]).join("");
    return `${time.slice(0, 8)}-${time.slice(8)}-7${order}-${random.slice(0, 4)}-${random.slice(4)}`;
  };
}
