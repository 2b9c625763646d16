let next = 0;

/** Headers of a caller behind the one trusted proxy, from an address no other test uses. */
export function fromNewAddress(): { "x-forwarded-for": string } {
  next += 1;
  return { "x-forwarded-for": `198.51.${next >> 8}.${next & 255}` };
}
