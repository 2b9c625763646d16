import { expect, test } from "vitest";
import { createAddressRule } from "./addresses.ts";

const publicOnly = createAddressRule([]);

test.each([
  ["loopback", "127.0.0.1", "127.255.255.254", "::1"],
  ["unspecified", "0.0.0.0", "0.1.2.3", "::"],
  ["private", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "fc00::1", "fd12::1"],
  ["carrier-grade NAT", "100.64.0.1", "100.127.255.255"],
  ["link-local", "169.254.1.1", "fe80::1", "fe80::1%eth0", "fec0::1"],
  [
    "metadata",
    "169.254.169.254",
    "100.100.100.200",
    "168.63.129.16",
    "192.0.0.192",
    "fd00:ec2::254",
  ],
  ["multicast", "224.0.0.1", "239.255.255.255", "ff02::1"],
  ["reserved and broadcast", "240.0.0.1", "255.255.255.255"],
  ["documentation", "192.0.2.1", "198.51.100.1", "203.0.113.1", "2001:db8::1", "3fff::1"],
  ["benchmarks", "198.18.0.1", "198.19.255.255", "2001:2::1"],
  ["IPv4-mapped", "::ffff:127.0.0.1", "::ffff:7f00:1", "::ffff:8.8.8.8", "::127.0.0.1"],
  ["NAT64", "64:ff9b::7f00:1", "64:ff9b::8.8.8.8", "64:ff9b:1::1"],
  ["6to4", "2002:7f00:1::", "192.88.99.1"],
  ["Teredo", "2001:0:7f00:1::1", "2001::1"],
  ["discard and others", "100::1", "5f00::1", "4000::1"],
  ["what is no address", "", "localhost", "127.1", "0x7f.1", "1"],
])("%s addresses are not public", (_, ...addresses) => {
  expect(addresses.filter(publicOnly)).toEqual([]);
});

test("addresses of the public internet are", () => {
  const addresses = ["1.1.1.1", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0"];
  const more = ["172.15.255.255", "172.32.0.0", "223.255.255.255", "2606:4700::1111", "2a00::1"];
  expect([...addresses, ...more].filter(publicOnly)).toEqual([...addresses, ...more]);
});

test("an allowed range lets through just itself", () => {
  const rule = createAddressRule(["10.1.0.0/16", "127.0.0.1", "fd00:1::/32", "::1"]);
  const addresses = [
    "10.1.2.3",
    "10.2.0.1",
    "127.0.0.1",
    "127.0.0.2",
    "fd00:1::5",
    "fd00:2::5",
    "::1",
  ];
  expect(addresses.filter(rule)).toEqual(["10.1.2.3", "127.0.0.1", "fd00:1::5", "::1"]);
});
