import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { type ConnectionFacts, tlsOptions } from "./connection.ts";

/** Length 8, and the code by which TLS is asked for (PostgreSQL's manual, "Message Formats", SSLRequest). */
const sslRequest = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);
const accepted = 0x53;
const handshakeMilliseconds = 2000;

/**
 * Opens a socket to PostgreSQL that sends what is written at once, with TLS where the facts ask for it.
 * @throws Error when the server cannot be reached in time, has no TLS or is not the one
 */
export async function openDatabaseSocket(facts: ConnectionFacts): Promise<Socket> {
  const { host, port } = facts;
  const path = host.startsWith("/") ? `${host}/.s.PGSQL.${port}` : undefined;
  const socket = path ? connect({ path }) : connect({ host, port, noDelay: true });
  const tls = tlsOptions(facts);
  const late = () => {
    const error = new Error(`${host} does not answer`);
    socket.destroy(Object.assign(error, { code: "ETIMEDOUT" }));
  };
  socket.setTimeout(handshakeMilliseconds, late);
  try {
    await once(socket, "connect");
    if (!tls) return socket;
    socket.write(sslRequest);
    const [answer] = (await once(socket, "data")) as [Buffer];
    if (answer[0] !== accepted || answer.length !== 1) throw new Error(`${host} has no TLS`);
    socket.removeAllListeners("data");
    const secured = connectTls({ ...tls, socket });
    await once(secured, "secureConnect");
    return secured;
  } catch (error) {
    socket.destroy();
    throw error;
  } finally {
    socket.setTimeout(0, late);
    socket.off("timeout", late);
  }
}
