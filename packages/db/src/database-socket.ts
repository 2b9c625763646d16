import { once } from "node:events";
import { connect, isIP, Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import type { ConnectionFacts } from "./connection.ts";

/** Length 8, and the code by which TLS is asked for (PostgreSQL's manual, "Message Formats", SSLRequest). */
const sslRequest = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);
const accepted = 0x53;
const handshakeMilliseconds = 2000;

/** How to verify the server; absent where TLS is not asked for, and for a unix socket, which has none. */
const tlsOptions = ({ host, tls }: ConnectionFacts) =>
  tls && !host.startsWith("/")
    ? {
        rejectUnauthorized: true,
        // Without a name, as an address has none, Node.js would compare the certificate with "localhost".
        host,
        ...(tls.ca ? { ca: tls.ca } : {}),
        ...(isIP(host) ? {} : { servername: host }),
      }
    : undefined;

const failure = (code: string, text: string) => Object.assign(new Error(text), { code });

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
  const giveUp = (code: string, text: string) => giving.abort(failure(code, `${host} ${text}`));
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
      throw failure("EPROTO", `${host} has no TLS`);
    }
    // They would be taken for what TLS protects (CVE-2021-23222).
    if (answer.length > 1) {
      throw failure("EPROTO", `${host} sends bytes in front of the handshake`);
    }
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

/**
 * The same for postgres.js. Where something takes connections and ends them, it would connect again
 * without a pause and without an end, and it would wait for what it sent between the error and the end
 * of a socket: here an error comes with every end. And it would keep the place of a connection for good
 * that got no socket: here it gets one whose first message fails.
 */
export async function openDriverSocket(facts: ConnectionFacts): Promise<Socket> {
  try {
    const socket = await openDatabaseSocket(facts);
    const ended = failure("ECONNRESET", `${facts.host} closed the connection`);
    socket.once("close", () => socket.emit("error", ended));
    return socket;
  } catch (error) {
    const lost = new Socket();
    lost.once("close", () => lost.emit("error", error));
    lost.write = () => {
      lost.write = () => false;
      process.nextTick(() => lost.emit("error", error));
      setImmediate(() => lost.emit("close", true));
      return false;
    };
    return lost;
  }
}
