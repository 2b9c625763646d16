import { randomInt } from "node:crypto";
import { createServer } from "node:net";

/**
 * Below the ports that Linux hands out by itself (ip_local_port_range begins at 32768): none of these
 * becomes another socket's, or the near end of the very call that waits for it, before it is bound.
 */
const [first, after] = [12_000, 32_000];
/** Test files run in a few processes at a time; each chooses among ports of its own. */
const processes = 8;
const given = new Set<number>();

function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}

/** A port of loopback that nobody else will take, for whoever is told it and binds it later. */
export async function freePort(): Promise<number> {
  const mine = Number(process.env.VITEST_POOL_ID ?? 0) % processes;
  for (let tries = 0; tries < 500; tries += 1) {
    const port = randomInt(first / processes, after / processes) * processes + mine;
    if (given.has(port) || !(await isFree(port))) continue;
    given.add(port);
    return port;
  }
  throw new Error("no port is free");
}
