import type { IncomingMessage } from "node:http";
import { expect, test } from "vitest";
import type { Config } from "../config.ts";
import { callerAddress } from "./caller-address.ts";

const said = "198.51.100.9, 203.0.113.7, 10.0.0.2";

function seen(
  trustProxy: Config["trustProxy"],
  forwarded: string | undefined,
  remote = "10.0.0.1",
) {
  const request = { headers: { "x-forwarded-for": forwarded }, socket: { remoteAddress: remote } };
  return callerAddress({ trustProxy })(request as unknown as IncomingMessage);
}

test.each<[string, Config["trustProxy"], string]>([
  ["nobody", false, "10.0.0.1"],
  ["one hop", 1, "10.0.0.2"],
  ["two hops", 2, "203.0.113.7"],
  ["more hops than there are", 9, "198.51.100.9"],
  ["a range", ["10.0.0.0/8"], "203.0.113.7"],
  ["a range that our peer is not in", ["192.0.2.0/24"], "10.0.0.1"],
  ["two ranges", ["10.0.0.0/8", "203.0.113.0/24"], "198.51.100.9"],
])("trusting %s, the caller is whom the trusted name", (_, trustProxy, expected) => {
  expect(seen(trustProxy, said)).toBe(expected);
  expect(seen(trustProxy, undefined)).toBe("10.0.0.1");
});

test("a trusted proxy's peer that went away has no address, and no error", () => {
  const gone = { headers: {}, socket: {} } as unknown as IncomingMessage;
  for (const trustProxy of [false, 1, ["10.0.0.0/8"]] as const) {
    expect(callerAddress({ trustProxy: trustProxy as Config["trustProxy"] })(gone)).toBe("");
  }
});

test.each([
  ["203.0.113.9:4711", "203.0.113.9"],
  ["[2001:db8::7]:443", "2001:db8::7"],
  ["[2001:db8::7]", "2001:db8::7"],
  ["2001:DB8:0::8", "2001:db8::8"],
  ["::ffff:203.0.113.5", "203.0.113.5"],
  ["unknown", "10.0.0.1"],
  ["<script>", "10.0.0.1"],
  ["203.0.113.9:port", "10.0.0.1"],
  ["203.0.113.9, ", "10.0.0.1"],
  ["203.0.113.9,\t198.51.100.1:80", "198.51.100.1"],
])("of a trusted proxy that says %s only an address is taken", (forwarded, expected) => {
  expect(seen(1, forwarded)).toBe(expected);
});

test("a hop with its port is known by its range", () => {
  expect(seen(["10.0.0.0/8"], "203.0.113.7:1, 10.0.0.2:443")).toBe("203.0.113.7");
});

test("an IPv4 caller of a socket for both families has its IPv4 address", () => {
  for (const trustProxy of [false, 1, ["10.0.0.0/8"]]) {
    expect(seen(trustProxy as Config["trustProxy"], undefined, "::ffff:10.0.0.1")).toBe("10.0.0.1");
  }
});
