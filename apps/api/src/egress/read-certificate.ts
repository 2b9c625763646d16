import { once } from "node:events";
import { isIP, type Socket } from "node:net";
import { connect, TLSSocket } from "node:tls";

/** When a certificate is valid; else the code of why none was seen or trusted. */
export type CertificateFact = { from: Date; to: Date } | { problem: string };

const codeOf = (error: unknown) =>
  error instanceof Error && "code" in error ? String(error.code) : "UNKNOWN";

/** The certificate of a verified connection that `open` makes, which is closed again. */
export async function readCertificate(open: () => Promise<Socket>): Promise<CertificateFact> {
  try {
    const socket = await open();
    // Of an end that comes while it is closed nobody needs to know.
    socket.on("error", () => {});
    const found = socket instanceof TLSSocket ? socket.getPeerCertificate() : undefined;
    socket.destroy();
    if (!found?.valid_to) return { problem: "NO_CERTIFICATE" };
    return { from: new Date(found.valid_from), to: new Date(found.valid_to) };
  } catch (error) {
    return { problem: codeOf(error) };
  }
}

/** A TLS connection to a host of the settings, verified as every other is. @throws where there is none in time */
export async function openVerified(
  host: string,
  port: number,
  { ca, milliseconds = 3000 }: { ca?: string; milliseconds?: number } = {},
): Promise<Socket> {
  const name = isIP(host) ? {} : { servername: host };
  const socket = connect({ host, port, ...name, ...(ca ? { ca } : {}) });
  const late = setTimeout(() => {
    socket.destroy(Object.assign(new Error("no answer in time"), { code: "ETIMEDOUT" }));
  }, milliseconds);
  try {
    await once(socket, "secureConnect");
    return socket;
  } finally {
    clearTimeout(late);
  }
}
