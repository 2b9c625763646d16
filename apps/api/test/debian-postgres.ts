import { execFileSync, spawn } from "node:child_process";
import { chmodSync, chownSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { connect } from "@muniment/db/connection.ts";
// biome-ignore lint/correctness/useImportExtensions: scripts run before anything is installed.
import { debianPostgres } from "../../../scripts/debian-postgres.mjs";
import { freePort } from "../../../test/free-port.ts";

const binaries = debianPostgres();

/** Whether this machine has a PostgreSQL of its own to test against. */
export const hasPostgres = binaries !== undefined;

/** PostgreSQL refuses to run as root, so there it runs as nobody. */
const nobody = 65_534;
const user = process.getuid?.() === 0 ? { uid: nobody, gid: nobody } : {};

export type ExternalPostgres = {
  /** The PEM of the certificate, its own authority, for which TLS is on. */
  ca: string;
  url(user: string, password: string, database: string): string;
  /** The path of a program that comes with it. */
  tool(name: string): string;
  /** Shows a certificate of another authority from now on, until what it answers is called. */
  changeCertificate(): () => void;
  socketUrl(user: string, password: string, sslmode: string): string;
  stop(): Promise<void>;
};

/** A certificate that is its own authority, with its key, as files of a directory. */
export function makeCertificate(directory: string, subjectAltName: string) {
  const [key, certificate] = [join(directory, "server.key"), join(directory, "server.crt")];
  const kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  const names = ["-subj", "/CN=test", "-addext", `subjectAltName=${subjectAltName}`];
  const files = ["-keyout", key, "-out", certificate];
  // Debian's PostgreSQL brings openssl, through ssl-cert.
  execFileSync("openssl", ["req", "-x509", ...kind, ...names, ...files], { stdio: "ignore" });
  chmodSync(key, 0o600);
  return { key, certificate };
}

/** A PostgreSQL server reached by TCP, with TLS for 127.0.0.1 by whoever asks for it, as an operator would run one; its superuser is `postgres`. */
export async function startExternalPostgres(password: string): Promise<ExternalPostgres> {
  if (!binaries) throw new Error("no PostgreSQL: apt-get install -y postgresql");
  const directory = mkdtempSync(join(tmpdir(), "muniment-pg-"));
  chmodSync(directory, 0o711);
  const passwordFile = join(directory, "password");
  writeFileSync(passwordFile, password, { mode: 0o600 });
  const { key, certificate } = makeCertificate(directory, "IP:127.0.0.1");
  const own = (...paths: string[]) => {
    if (user.uid === undefined) return;
    for (const path of paths) chownSync(path, user.uid, user.gid);
  };
  own(directory, passwordFile, key, certificate);
  const data = join(directory, "data");
  const init = [
    "-D",
    data,
    "-U",
    "postgres",
    "-A",
    "scram-sha-256",
    `--pwfile=${passwordFile}`,
    "-E",
    "UTF8",
    "--no-sync",
  ];
  execFileSync(join(binaries, "initdb"), init, { ...user, stdio: "ignore", cwd: directory });
  const port = await freePort();
  const args = [
    "-D",
    data,
    "-p",
    String(port),
    "-c",
    "listen_addresses=127.0.0.1",
    "-c",
    "ssl=on",
    "-c",
    `ssl_cert_file=${certificate}`,
    "-c",
    `ssl_key_file=${key}`,
    "-k",
    directory,
  ];
  const child = spawn(join(binaries, "postgres"), args, {
    ...user,
    stdio: "ignore",
    cwd: directory,
  });
  const facts = { host: "127.0.0.1", port, database: "postgres", username: "postgres", password };
  for (let attempt = 0; ; attempt += 1) {
    const sql = connect(facts, { max: 1, applicationName: "wait" });
    const ready = await sql`select 1`.then(
      () => true,
      () => false,
    );
    await sql.end({ timeout: 1 });
    if (ready) break;
    if (attempt > 300) throw new Error("PostgreSQL did not start");
    await sleep(100);
  }
  return {
    ca: readFileSync(certificate, "utf8"),
    changeCertificate() {
      const before = [key, certificate].map((path) => ({ path, text: readFileSync(path) }));
      makeCertificate(directory, "IP:127.0.0.1");
      own(key, certificate);
      // By which PostgreSQL reads its files again.
      child.kill("SIGHUP");
      return () => {
        for (const { path, text } of before) writeFileSync(path, text);
        child.kill("SIGHUP");
      };
    },
    tool: (name) => join(binaries, name),
    url: (name, secret, database) => `postgres://${name}:${secret}@127.0.0.1:${port}/${database}`,
    socketUrl: (name, secret, sslmode) =>
      `postgres://${name}:${secret}@localhost:${port}/postgres?host=${directory}&sslmode=${sslmode}`,
    async stop() {
      const ended = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGINT");
      await ended;
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
