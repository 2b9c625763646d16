import { expect, test } from "vitest";
import { clientKey } from "./client-key.ts";

test.each([
  ["192.0.2.1", "192.0.2.1"],
  ["::ffff:192.0.2.1", "192.0.2.1"],
  ["::ffff:c000:201", "192.0.2.1"],
  ["2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff"],
  ["2001:0db8:0001:0002:0000::9", "2001:db8:1:2::1"],
  ["fe80::1", "fe80::2"],
])("%s is the same client as %s", (address, other) => {
  expect(clientKey(address)).toBe(clientKey(other));
});

test.each([
  ["192.0.2.1", "192.0.2.2"],
  ["2001:db8:1:2::1", "2001:db8:1:3::1"],
  ["::1", "127.0.0.1"],
  ["2001:db8:1:2::1", "2001:db8:1:2::1:1:1:1:1"],
])("%s is another client than %s", (address, other) => {
  expect(clientKey(address)).not.toBe(clientKey(other));
});

test("what is no address is one client, so that inventing some gains nothing", () => {
  for (const address of ["", "unknown", "host.example", "999.1.1.1", "x".repeat(1000)])
    expect(clientKey(address)).toBe("unknown");
});
