import { connect, isIP, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import type { Target } from "./target.ts";

const connectMilliseconds = 3000;

function whenOpen<T extends Socket>(socket: T, event: string, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const end = () => socket.destroy(signal.reason as Error);
    signal.addEventListener("abort", end, { once: true });
    socket.once("error", reject);
    socket.once(event, () => {
      signal.removeEventListener("abort", end);
      socket.off("error", reject);
      resolve(socket);
    });
    if (signal.aborted) end();
  });
}

async function openFirst(addresses: readonly string[], port: number, signal: AbortSignal) {
  let failure: unknown;
  for (const host of addresses) {
    try {
      const limit = AbortSignal.any([signal, AbortSignal.timeout(connectMilliseconds)]);
      return await whenOpen(connect({ host, port, noDelay: true }), "connect", limit);
    } catch (error) {
      failure = error;
      signal.throwIfAborted();
    }
  }
  throw failure;
}

/**
 * Connects to the first of the addresses that answers, and speaks before anything else to `accept`,
 * which is told the address at the other end of the socket. No name is looked up here.
 * @throws what the network, TLS or `accept` throws
 */
export async function openConnection(
  { host, port, tls }: Pick<Target, "host" | "port" | "tls">,
  addresses: readonly string[],
  accept: (address: string) => void,
  signal: AbortSignal,
): Promise<Socket> {
  const socket = await openFirst(addresses, port, signal);
  try {
    accept(socket.remoteAddress ?? "");
    if (!tls) return socket;
    const secured = connectTls({
      socket,
      host,
      ...(isIP(host) === 0 ? { servername: host } : {}),
      ALPNProtocols: ["http/1.1"],
    });
    return await whenOpen(secured, "secureConnect", signal);
  } catch (error) {
    socket.destroy();
    throw error;
  }
}
