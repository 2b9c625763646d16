import { expect, test } from "vitest";
import { hashOf, partPlaces, Signature, termPlaces } from "./signature.ts";

/** What `get_bit` of PostgreSQL answers. */
function holds(bytes: Uint8Array, place: number): boolean {
  const bit = place % (bytes.length * 8);
  return (((bytes[bit >>> 3] ?? 0) >>> (bit & 7)) & 1) === 1;
}

const taken = (signature: Signature) => {
  const bytes = signature.take();
  if (!bytes) throw new Error("nothing was added");
  return bytes;
};

test.each([1, 10, 1000, 20_000])("of %i terms it knows each, and few others", (count) => {
  const signature = new Signature();
  for (let n = 0; n < count; n += 1) signature.addTerm(hashOf(`term ${n}`));
  const bytes = taken(signature);
  const knows = (term: string) => termPlaces(hashOf(term)).every((place) => holds(bytes, place));
  for (let n = 0; n < count; n += 1) expect(knows(`term ${n}`)).toBe(true);
  const others = Array.from({ length: 2000 }, (_, n) => knows(`other ${n}`)).filter(Boolean);
  // Half of the bits, four times: one in sixteen.
  expect(others.length).toBeLessThan(2000 / 8);
});

test("it is empty after it was taken, and then nothing", () => {
  const signature = new Signature();
  signature.addTerm(hashOf("a"));
  expect(taken(signature)).toHaveLength(8);
  expect(signature.take()).toBeNull();
});

test("the parts of a text hold those of any text within it, and break where it is not ASCII", () => {
  const parts = (text: string) => {
    const found: number[] = [];
    partPlaces(text, (place) => found.push(place));
    return found;
  };
  expect(parts("abc")).toEqual([]);
  expect(parts("abcd")).toHaveLength(1);
  expect(parts("straße")).toEqual(parts("stra"));
  expect(parts("kernel panic")).toEqual(expect.arrayContaining(parts("el pa")));
  expect(new Set(parts("abcdé bcde"))).toEqual(new Set([...parts("abcd"), ...parts(" bcde")]));
});
