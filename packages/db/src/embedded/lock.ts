import { randomBytes } from "node:crypto";
import { chmod, mkdir, readdir, rename, rm } from "node:fs/promises";
import { connect, createServer, type Server } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { DataDirInUse, DataDirUnusable } from "./errors.ts";
import { withShortName } from "./socket-path.ts";

const PATIENCE_MS = 1_000;

/**
 * Makes this process the only one to work on `directory`; resolves with the function that gives it up.
 *
 * A claim is a listening socket under a name that is never used twice. Whoever claims publishes first
 * and looks for others afterwards, so of two at the same instant at least one sees the other and steps
 * back. The kernel closes the socket of a process that dies, however it dies: a claim that refuses
 * connections is stale, and nobody can mistake it for a new one when removing it.
 *
 * @throws DataDirInUse when another claim lives for longer than a second
 */
export async function lockDirectory(directory: string): Promise<() => Promise<void>> {
  const claims = join(directory, "lock");
  await mkdir(claims, { recursive: true, mode: 0o700 });
  const giveUpAt = Date.now() + PATIENCE_MS;
  for (;;) {
    let rival = await livingClaim(claims);
    if (!rival) {
      const claim = await publishClaim(claims);
      rival = await livingClaim(claims, claim.name);
      if (!rival) return claim.withdraw;
      await claim.withdraw();
    }
    if (Date.now() > giveUpAt) throw new DataDirInUse(directory, Number.parseInt(rival, 10));
    await sleep(20 + Math.random() * 100);
  }
}

async function publishClaim(claims: string) {
  const name = `${process.pid}-${randomBytes(6).toString("hex")}`;
  const unpublished = join(claims, `.${name}`);
  const server = createServer((socket) => socket.destroy());
  await withShortName(claims, `.${name}`, (path) => listen(server, path)).catch(
    (cause: unknown) => {
      throw new DataDirUnusable(
        `No lock can be taken in ${claims}: ${String(cause)}. DATA_DIR must lie on a file system with unix sockets.`,
        { cause },
      );
    },
  );
  server.unref();
  // A claim of root's must stay testable for the ordinary user who owns the directory.
  await chmod(unpublished, 0o666);
  // Between bind and listen a socket looks stale, so it gets its public name only now.
  await rename(unpublished, join(claims, name));
  const withdraw = async () => {
    await rm(join(claims, name), { force: true });
    await new Promise<void>((resolve) => server.close(() => resolve()));
  };
  return { name, withdraw };
}

/** The name of a claim, other than `own`, whose process lives; removes the stale ones it meets. */
async function livingClaim(claims: string, own?: string): Promise<string | undefined> {
  for (const name of await readdir(claims)) {
    if (name === own || name.startsWith(".")) continue;
    const answer = await withShortName(claims, name, knock);
    if (answer === "ECONNREFUSED") await rm(join(claims, name), { force: true });
    else if (answer !== "ENOENT") return name;
  }
  return undefined;
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(path, resolve);
  });
}

function knock(path: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once("error", (error: NodeJS.ErrnoException) => resolve(error.code));
    socket.once("connect", () => {
      socket.destroy();
      resolve("connected");
    });
  });
}
