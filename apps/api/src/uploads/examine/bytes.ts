import { damaged } from "./refusal.ts";

/** Reading past the end throws a RangeError, which `examine` takes for damage. */
export const viewOf = (bytes: Uint8Array) =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Part of a file. @throws FileRefusal where it would reach past the end, which `subarray` hides */
export function part(bytes: Uint8Array, from: number, to: number): Uint8Array {
  if (to > bytes.length || to < from) damaged();
  return bytes.subarray(from, to);
}

/** Latin-1 text of some bytes, for marks and names of chunks. */
export const textAt = (bytes: Uint8Array, from: number, length: number) =>
  String.fromCharCode(...part(bytes, from, from + length));

export const startsWith = (bytes: Uint8Array, text: string) =>
  bytes.length >= text.length && textAt(bytes, 0, text.length) === text;

export function join(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, one) => sum + one.length, 0));
  let at = 0;
  for (const one of parts) {
    whole.set(one, at);
    at += one.length;
  }
  return whole;
}
