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
  const giving = new AbortController();
  const giveUp = (code: string, text: string) =>
    giving.abort(Object.assign(new Error(`${host} ${text}`), { code }));
  const late = setTimeout(giveUp, handshakeMilliseconds, "ETIMEDOUT", "does not answer");
  // An end without an error would otherwise be waited for without end.
  const closed = () => giveUp("ECONNRESET", "closed the connection");
  socket.once("close", closed);
  try {
    await once(socket, "connect", giving);
    if (!tls) return socket;
    socket.write(sslRequest);
    const [answer] = (await once(socket, "data", giving)) as [Buffer];
    if (answer[0] !== accepted) {
      throw Object.assign(new Error(`${host} has no TLS`), { code: "EPROTO" });
    }
    // They would be taken for what TLS protects (CVE-2021-23222).
    if (answer.length > 1) throw new Error(`${host} sends bytes in front of the handshake`);
    const secured = connectTls({ ...tls, socket });
    await once(secured, "secureConnect", giving);
    return secured;
  } catch (error) {
    socket.destroy();
    throw giving.signal.aborted ? giving.signal.reason : error;
  } finally {
    clearTimeout(late);
    socket.off("close", closed);
  }
}
