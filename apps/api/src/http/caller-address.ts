import type { IncomingMessage } from "node:http";
import proxyAddress from "@fastify/proxy-addr";
import ipaddr from "ipaddr.js";
import type { Config } from "../config.ts";

/** An address alone; `::ffff:` before one of IPv4 is how a socket for both families writes it. */
const plain = (address: string) => address.replace(/^::ffff:(?=[\d.]+$)/i, "");

/** `address:port` of IPv4 and `[address]` or `[address]:port` of IPv6, as some proxies write a hop. */
const withPort = /^(?:([\d.]+):\d+|\[([\da-f:.]+)\](?::\d+)?)$/i;

/** The address that a hop names; nothing where it names none. */
function addressIn(hop: string): string | undefined {
  const [, ipv4, ipv6] = withPort.exec(hop) ?? [];
  const address = ipv4 ?? ipv6 ?? hop;
  return ipaddr.isValid(address) ? ipaddr.process(address).toString() : undefined;
}

/**
 * Who sent a request. Each hop that TRUST_PROXY trusts, counted from our socket or by its range, is
 * believed about the one before it; without, a forwarded header says nothing. Of a hop that is not an
 * address the one behind it answers, so that nothing but an address is ever counted and recorded.
 */
export function callerAddress({
  trustProxy,
}: Pick<Config, "trustProxy">): (request: Pick<IncomingMessage, "headers" | "socket">) => string {
  if (trustProxy === false) return ({ socket }) => plain(socket.remoteAddress ?? "");
  const trusts =
    typeof trustProxy === "number"
      ? (_address: string, hop: number) => hop < trustProxy
      : proxyAddress.compile(trustProxy);
  return ({ headers, socket }) => {
    let caller = plain(socket.remoteAddress ?? "");
    const said = String(headers["x-forwarded-for"] ?? "").split(",");
    for (const [hop, before] of said.reverse().entries()) {
      const address = addressIn(before.trim());
      if (address === undefined || !trusts(caller, hop)) break;
      caller = address;
    }
    return caller;
  };
}
