import fc from "fast-check";
import { expect, test } from "vitest";
import { canonicalise } from "./canonical.ts";

const key = fc.oneof(
  fc.stringMatching(/^[0-9]{1,4}$/),
  fc.stringMatching(/^[a-zA-Z]{1,3}$/),
  fc.constantFrom("é", "\u{1f600}", "\ue000", "\uffff", 'a"b', "_", ""),
);

test.each([1, 2, 15, 16, 17, 40])("%i keys are in order of their UTF-16 units", (size) => {
  const keys = fc.uniqueArray(key, { minLength: size, maxLength: size });
  fc.assert(
    fc.property(keys, (names) => {
      const value = Object.fromEntries(names.map((name, place) => [name, place]));
      const sorted = [...names].sort().map((name) => `${JSON.stringify(name)}:${value[name]}`);
      expect(canonicalise(value, 1)).toEqual({
        text: `{${sorted.join(",")}}`,
        members: size,
        extraBytes: 0,
      });
    }),
  );
});
