import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { vi } from "vitest";
import { freePort } from "../../../test/free-port.ts";

const program = ["/usr/sbin/clamd", "/usr/local/sbin/clamd"].find(existsSync);

/** Whether suites on clamd can run here. In CI they must, so there the start fails instead. */
export const hasClamd = program !== undefined || process.env.CI === "true";

export type TestClamd = { url: string; stop(): Promise<void> };

/** What the database of the test holds besides EICAR: files with this text. */
export const badText = "muniment-test-signature";

const canConnect = (port: number) =>
  new Promise<boolean>((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });

/** A real clamd on a port of its own, with a database of two signatures that is made here. */
export async function startClamd(eicar: string, maxBytes = 1_000_000): Promise<TestClamd> {
  if (!program) throw new Error("clamd is missing: apt-get install clamav-daemon");
  const directory = await mkdtemp(join(tmpdir(), "muniment-clamd-"));
  // As root it takes the rights of its own user before it reads the database.
  await chmod(directory, 0o755);
  const hex = (text: string) => Buffer.from(text).toString("hex");
  const signatures = [`Test.Eicar:0:*:${hex(eicar)}`, `Test.Own:0:*:${hex(badText)}`];
  await writeFile(join(directory, "test.ndb"), `${signatures.join("\n")}\n`);
  const port = await freePort();
  const settings = [
    `DatabaseDirectory ${directory}`,
    `TCPSocket ${port}`,
    "TCPAddr 127.0.0.1",
    "Foreground yes",
    `StreamMaxLength ${maxBytes}`,
    "SelfCheck 0",
    "MaxThreads 2",
  ];
  const file = join(directory, "clamd.conf");
  await writeFile(file, `${settings.join("\n")}\n`);
  const child = spawn(program, ["--config-file", file], { stdio: "ignore" });
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  await vi.waitUntil(() => canConnect(port), { timeout: 20_000, interval: 100 });
  return {
    url: `tcp://127.0.0.1:${port}`,
    async stop() {
      child.kill("SIGKILL");
      await ended;
      await rm(directory, { recursive: true, force: true });
    },
  };
}
