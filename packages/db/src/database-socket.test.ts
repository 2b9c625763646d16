import { createServer, type Socket } from "node:net";
import { afterEach, expect, test } from "vitest";
import { openDatabaseSocket } from "./database-socket.ts";

const stops: (() => Promise<unknown>)[] = [];
afterEach(() => Promise.all(stops.splice(0).map((stop) => stop())));

/** Something that answers a request for TLS as it is told to, in place of PostgreSQL. */
async function startServer(answer: (socket: Socket) => void) {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.once("data", () => answer(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  stops.push(() => {
    for (const socket of sockets) socket.destroy();
    return new Promise((resolve) => server.close(resolve));
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  const facts = { database: "x", username: "x", password: "x", tls: {} };
  return { ...facts, host: "127.0.0.1", port: address.port };
}

test("a server without TLS is refused where TLS is asked for", async () => {
  const facts = await startServer((socket) => socket.write("N"));
  await expect(openDatabaseSocket(facts)).rejects.toThrow("127.0.0.1 has no TLS");
});

test("bytes in front of the handshake are refused", async () => {
  const facts = await startServer((socket) => socket.write("SR"));
  await expect(openDatabaseSocket(facts)).rejects.toThrow("in front of the handshake");
});

const refusal = async (answer: (socket: Socket) => void) =>
  openDatabaseSocket(await startServer(answer)).catch((error: unknown) => error);

test("a server that closes the connection is refused, before its answer and after", async () => {
  for (const answer of ["", "S"]) {
    const error = await refusal((socket) => socket.end(answer));
    expect(error).toMatchObject({ code: "ECONNRESET" });
  }
});

test("a server that says nothing is given up, before its answer and after", async () => {
  const silent = [() => {}, (socket: Socket) => socket.write("S")];
  const errors = await Promise.all(silent.map(refusal));
  expect(errors).toMatchObject([{ code: "ETIMEDOUT" }, { code: "ETIMEDOUT" }]);
});
