import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { type AddressInfo, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer as createTlsServer } from "node:tls";
import { afterAll, beforeAll, expect, test } from "vitest";
import { freePort } from "../../../../test/free-port.ts";
import { openVerified, readCertificate } from "./read-certificate.ts";

const servers: Server[] = [];
let directory: string;
let pem: { key: string; cert: string };
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "muniment-certificate-"));
  const [key, cert] = [join(directory, "key"), join(directory, "cert")];
  const subject = ["-subj", "/CN=test", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "40"];
  const files = ["-keyout", key, "-out", cert];
  execFileSync("openssl", ["req", "-x509", "-newkey", "ed25519", "-nodes", ...subject, ...files], {
    stdio: "ignore",
  });
  pem = { key: readFileSync(key, "utf8"), cert: readFileSync(cert, "utf8") };
});
afterAll(() => {
  for (const server of servers) server.close();
  rmSync(directory, { recursive: true });
});

async function portOf(server: Server): Promise<number> {
  servers.push(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}
const read = (port: number, options?: { ca?: string; milliseconds?: number }) =>
  readCertificate(() => openVerified("127.0.0.1", port, options));

test("a certificate that is trusted tells its time", async () => {
  const found = await read(await portOf(createTlsServer(pem)), { ca: pem.cert });
  if ("problem" in found) throw new Error(found.problem);
  // The clock is asked for each of them.
  expect((found.to.getTime() - found.from.getTime()) / 86_400_000).toBeCloseTo(40, 3);
  expect(Math.abs(found.from.getTime() - Date.now())).toBeLessThan(3_600_000);
});

test("one of an unknown authority, or none, is told by a code alone", async () => {
  const tls = await portOf(createTlsServer(pem).on("tlsClientError", () => {}));
  expect(await read(tls)).toEqual({ problem: "DEPTH_ZERO_SELF_SIGNED_CERT" });
  expect(await read(await freePort())).toEqual({ problem: "ECONNREFUSED" });
  const silent = await portOf(createServer((socket) => socket.on("error", () => {})));
  expect(await read(silent, { milliseconds: 50 })).toEqual({ problem: "ETIMEDOUT" });
});
