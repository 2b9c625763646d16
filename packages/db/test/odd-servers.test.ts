import { createServer, type Socket } from "node:net";
import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { openDatabase } from "../src/database.ts";

/** AuthenticationOk; ReadyForQuery of a connection outside of any transaction; CommandComplete. */
const signedIn = Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 0]);
const ready = Buffer.from([0x5a, 0, 0, 0, 5, 0x49]);
const complete = Buffer.concat([Buffer.from([0x43, 0, 0, 0, 13]), Buffer.from("SELECT 1\0")]);
/** ReadyForQuery as often as it is due to the messages of one read. */
const answer = Buffer.concat([complete, ready, ready, ready]);

/** Signs everybody in, and acts at the first read of a connection. */
async function listen(act: (socket: Socket, connection: number) => unknown) {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    const connection = sockets.push(socket);
    socket.on("error", () => {});
    socket.once("data", () => {
      socket.write(Buffer.concat([signedIn, ready]));
      socket.once("data", () => {
        socket.write(Buffer.concat([complete, ready]));
        socket.once("data", () => act(socket, connection));
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  const facts = { host: "127.0.0.1", port: address.port, database: "x", username: "x" };
  const account = { ...facts, password: "x" };
  const database = openDatabase({ app: account, ingest: account });
  const close = async () => {
    for (const socket of sockets) socket.destroy();
    await database.close();
    await new Promise((resolve) => server.close(resolve));
  };
  return { database, sockets, close };
}

test.each([3, 0, -1, -10, -2_147_483_648])(
  "a message that says it is %i bytes long ends its connection and nothing else",
  async (length) => {
    const message = Buffer.alloc(64);
    message.writeInt32BE(length, 1);
    const { database, close } = await listen((socket) => socket.write(message));
    try {
      await expect(database.rows({}, sql`select 1`, 100)).rejects.toMatchObject({ code: "EPROTO" });
    } finally {
      await close();
    }
  },
);

/** Half of a notice, which would shift what comes behind it. */
const half = Buffer.from([0x4e, 0]);

test.each([
  ["with an answer", (socket: Socket) => socket.write(Buffer.concat([answer, half]))],
  [
    "behind it",
    (socket: Socket) => {
      socket.write(answer);
      setImmediate(() => socket.write(half));
    },
  ],
])("bytes that nobody asked for, %s, are not taken for another", async (_, act) => {
  const { database, sockets, close } = await listen((socket, connection) =>
    connection === 1 ? act(socket) : socket.write(answer),
  );
  try {
    expect((await database.rows({}, sql`select 1`, 100)).isWhole).toBe(true);
    await expect.poll(() => sockets[0]?.destroyed).toBe(true);
    expect((await database.rows({}, sql`select 1`, 100)).isWhole).toBe(true);
    expect(sockets).toHaveLength(2);
  } finally {
    await close();
  }
});

test("nothing is opened anew once the database is closed", async () => {
  const { database, sockets, close } = await listen((socket) => socket.write(answer));
  try {
    await database.rows({}, sql`select 1`, 100);
    await database.close();
    const calls = [() => database.rows({}, sql`select 1`, 100), () => database.raw`select 1`];
    for (const call of calls) {
      await expect(call()).rejects.toMatchObject({ code: "CONNECTION_ENDED" });
    }
    expect(sockets).toHaveLength(1);
  } finally {
    await close();
  }
});
