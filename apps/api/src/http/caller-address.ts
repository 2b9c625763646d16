import type { IncomingMessage } from "node:http";
import proxyAddress from "@fastify/proxy-addr";
import type { Config } from "../config.ts";

/**
 * Who sent a request. Each hop that TRUST_PROXY trusts, counted from our socket or by its range, is
 * believed about the one before it; without, a forwarded header says nothing.
 */
export function callerAddress({
  trustProxy,
}: Pick<Config, "trustProxy">): (request: Pick<IncomingMessage, "headers" | "socket">) => string {
  if (trustProxy === false) return ({ socket }) => socket.remoteAddress ?? "";
  const trust =
    typeof trustProxy === "number"
      ? (_address: string, hop: number) => hop < trustProxy
      : proxyAddress.compile(trustProxy);
  // It reads nothing else of a request.
  return (request) => proxyAddress(request as IncomingMessage, trust) ?? "";
}
