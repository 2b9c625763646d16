import { BlockList, isIP } from "node:net";

const familyOf = (address: string) => (isIP(address) === 6 ? "ipv6" : "ipv4");

function listOf(ranges: readonly string[]): BlockList {
  const list = new BlockList();
  for (const range of ranges) {
    const [address = "", bits] = range.split("/");
    const family = familyOf(address);
    list.addSubnet(address, Number(bits ?? (family === "ipv6" ? 128 : 32)), family);
  }
  return list;
}

/** What is not the public internet (IANA IPv4 Special-Purpose Address Registry), and Azure's metadata. */
const notPublic4 = listOf([
  "0.0.0.0/8",
  "10.0.0.0/8",
  "100.64.0.0/10",
  "127.0.0.0/8",
  "168.63.129.16/32",
  "169.254.0.0/16",
  "172.16.0.0/12",
  "192.0.0.0/24",
  "192.0.2.0/24",
  "192.88.99.0/24",
  "192.168.0.0/16",
  "198.18.0.0/15",
  "198.51.100.0/24",
  "203.0.113.0/24",
  "224.0.0.0/3",
]);

/**
 * Of IPv6 only global unicast is public, which leaves out IPv4-mapped and NAT64 addresses; of that not
 * Teredo and the other protocol assignments, documentation, and 6to4 (IANA IPv6 registries).
 */
const unicast6 = listOf(["2000::/3"]);
const notPublic6 = listOf(["2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"]);

function isPublic(address: string): boolean {
  if (familyOf(address) === "ipv4") return !notPublic4.check(address, "ipv4");
  return unicast6.check(address, "ipv6") && !notPublic6.check(address, "ipv6");
}

/** Judges addresses: the public ones pass, and those within the given CIDR ranges. */
export function createAddressRule(allowedRanges: readonly string[]): (address: string) => boolean {
  const allowed = listOf(allowedRanges);
  return (address) => {
    // A scoped address is link-local, and no list can hold it.
    if (isIP(address) === 0 || address.includes("%")) return false;
    return isPublic(address) || allowed.check(address, familyOf(address));
  };
}
