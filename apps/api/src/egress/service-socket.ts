import type { Socket } from "node:net";
import { openConnection } from "./connection.ts";

/**
 * A connection to a service that the operator named in a setting, which is trusted with the address:
 * unlike what a person enters, it may be on loopback or in a private network.
 * @throws what the network throws
 */
export const openServiceSocket = (
  host: string,
  port: number,
  timeoutMilliseconds: number,
): Promise<Socket> =>
  openConnection(
    { host, port, tls: false },
    [host],
    () => {},
    AbortSignal.timeout(timeoutMilliseconds),
  );
