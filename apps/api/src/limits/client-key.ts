import ipaddr from "ipaddr.js";

/**
 * What counts as one client: an IPv4 address, or an IPv6 /64, the smallest block that a site gets
 * (RFC 6177). An IPv4-mapped address is its IPv4 address.
 */
export function clientKey(address: string): string {
  if (!ipaddr.isValid(address)) return "unknown";
  const parsed = ipaddr.process(address);
  if (parsed.kind() === "ipv4") return parsed.toString();
  return `${parsed.toByteArray().slice(0, 8).join(".")}/64`;
}
