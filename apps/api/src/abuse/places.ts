import ipaddr from "ipaddr.js";

/** One client, and those it can change to without effort; both empty where the address is none. */
export type Place = { address: string; network: string };

/**
 * An IPv4 address and its /24; of IPv6 the /64, the smallest block that a site gets, and the /48, the
 * largest that is usual (RFC 6177). An IPv4-mapped address is its IPv4 address.
 */
export function placeOf(text: string): Place {
  if (!ipaddr.isValid(text)) return { address: "", network: "" };
  const parsed = ipaddr.process(text);
  if (parsed instanceof ipaddr.IPv4) {
    const within = ipaddr.IPv4.networkAddressFromCIDR(`${parsed}/24`);
    return { address: parsed.toString(), network: `${within}/24` };
  }
  const block = (bits: number) =>
    `${ipaddr.IPv6.networkAddressFromCIDR(`${parsed.toNormalizedString()}/${bits}`)}/${bits}`;
  return { address: block(64), network: block(48) };
}
