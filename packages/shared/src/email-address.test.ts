import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { canonicalEmail, email } from "./email-address.ts";

describe("one canonical address", () => {
  test.each([
    ["Ada.Lovelace+muniment@Example.ORG", "ada.lovelace+muniment@example.org"],
    ["  a@example.org ", "a@example.org"],
    ["o'neill!#$%&*+-/=?^_`{|}~@localhost", "o'neill!#$%&*+-/=?^_`{|}~@localhost"],
    ["a@M\u00dcNCHEN.example", "a@xn--mnchen-3ya.example"],
    ["a@xn--MNCHEN-3ya.example", "a@xn--mnchen-3ya.example"],
    ["a@\u4f8b\u3048.\u30c6\u30b9\u30c8", "a@xn--r8jz45g.xn--zckzah"],
    ["a@stra\u00dfe.example", "a@xn--strae-oqa.example"],
    ["a@\u0440\u0430\u0443\u0440\u0430l.example", "a@xn--l-7sba6dbr.example"],
    [`${"a".repeat(64)}@example.org`, `${"a".repeat(64)}@example.org`],
  ])("of %s is %s", (given, canonical) => {
    expect(canonicalEmail(given)).toBe(canonical);
    expect(canonicalEmail(canonical)).toBe(canonical);
  });

  test.each([
    ["nothing", ""],
    ["no @", "example.org"],
    ["an empty side", "@example.org"],
    ["the other empty side", "a@"],
    ["two addresses", "a@example.org,b@example.org"],
    ["two addresses with a blank", "a@example.org b@example.org"],
    ["two @", "a@b@example.org"],
    ["a full-width @", "a\uff20example.org"],
    ["a small @", "a\ufe6bexample.org"],
    ["a full-width @ and a real one", "a\uff20example.org@evil.example"],
    ["a quoted local part", '"a"@example.org'],
    ["a quoted @", '"a@example.org"@evil.example'],
    ["a display name", "Ada <a@example.org>"],
    ["a comment", "a(comment)@example.org"],
    ["a comment in the domain", "a@(comment)example.org"],
    ["an IP literal", "a@[127.0.0.1]"],
    ["an IPv6 literal", "a@[IPv6:::1]"],
    ["an IP address", "a@127.0.0.1"],
    ["a short IP address", "a@127.1"],
    ["an IP address in hex", "a@0x7f000001"],
    ["a number as domain", "a@2130706433"],
    ["a trailing dot", "a@example.org."],
    ["a trailing dot of the local part", "a.@example.org"],
    ["a leading dot", ".a@example.org"],
    ["two dots", "a..b@example.org"],
    ["two dots in the domain", "a@example..org"],
    ["a leading hyphen", "a@-example.org"],
    ["a trailing hyphen", "a@example-.org"],
    ["an underscore in the domain", "a@exam_ple.org"],
    ["a line break and a header", "a@example.org\r\nBcc: b@example.org"],
    ["a line break at the end", "a@example.org\r\n"],
    ["a line feed before", "\na@example.org"],
    ["a tab", "a@example.org\t"],
    ["U+0000", "a\u0000@example.org"],
    ["a no-break space", "a@example.org\u00a0"],
    ["a byte order mark", "\ufeffa@example.org"],
    ["a soft hyphen", "a@exam\u00adple.org"],
    ["a zero-width space", "a@exam\u200bple.org"],
    ["an override of direction", "a\u202e@example.org"],
    ["full-width letters", "a@\uff45xample.org"],
    ["an ideographic full stop", "a@example\u3002org"],
    ["a ligature", "a@o\ufb03ce.example"],
    ["the Kelvin sign, whose lower case is k", "a@\u212aelvin.example"],
    ["the Kelvin sign in the local part", "\u212aelvin@example.org"],
    ["a letter outside ASCII in the local part", "\u00e4@example.org"],
    ["a lone surrogate", "a@\ud800.example"],
    ["punycode that means nothing", "a@xn--\u002d.example"],
    ["a port", "a@example.org:25"],
    ["a path", "a@example.org/x"],
    ["a percent sign in the domain", "a@example%2eorg"],
    ["a local part of 65", `${"a".repeat(65)}@example.org`],
    ["a label of 64", `a@${"a".repeat(64)}.example`],
    ["255 characters", `a@${"a.".repeat(124)}examp`],
  ])("has none with %s", (_, given) => {
    expect(canonicalEmail(given)).toBeNull();
    expect(email.safeParse(given).success).toBe(false);
  });

  test("is one printable ASCII address that is its own canonical form, whatever is given", () => {
    const texts = fc.oneof(
      fc.string({ unit: "binary", maxLength: 40 }),
      fc.emailAddress(),
      fc
        .tuple(
          fc.string({ unit: "binary", maxLength: 4 }),
          fc.domain(),
          fc.string({ maxLength: 3 }),
        )
        .map(([local, domain, rest]) => `${local}@${domain}${rest}`),
      fc
        .tuple(fc.string({ unit: "binary", maxLength: 6 }))
        .map(([domain]) => `a@${domain}.example`),
    );
    fc.assert(
      fc.property(texts, (text) => {
        const address = canonicalEmail(text);
        if (address === null) return;
        expect(address).toMatch(/^[\x21-\x7e]{3,254}$/);
        expect(address.split("@")).toHaveLength(2);
        expect(address).toBe(address.toLowerCase());
        expect(canonicalEmail(address)).toBe(address);
      }),
      { numRuns: 200 },
    );
  });

  test("does not depend on the case of what is given, and stands at most ASCII spaces around it", () => {
    const known = fc.emailAddress().filter((text) => canonicalEmail(text) !== null);
    fc.assert(
      fc.property(known, fc.nat({ max: 3 }), (text, blanks) => {
        const around = " ".repeat(blanks);
        expect(canonicalEmail(`${around}${text.toUpperCase()}${around}`)).toBe(
          canonicalEmail(text),
        );
      }),
    );
  });
});
