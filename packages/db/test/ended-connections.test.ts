import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer as createTlsServer } from "node:tls";
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { toAppError } from "../../../apps/api/src/errors.ts";
import { hasPostgres, makeCertificate } from "../../../apps/api/test/debian-postgres.ts";
import type { ConnectionFacts } from "../src/connection.ts";
import { type Database, openDatabase } from "../src/database.ts";
import { build } from "../src/prepared.ts";

let place: string;
let key: Buffer | undefined;
let cert: Buffer | undefined;
beforeAll(async () => {
  place = await mkdtemp(join(tmpdir(), "muniment-ended-"));
  if (!hasPostgres) return;
  const made = makeCertificate(place, "IP:127.0.0.1");
  [key, cert] = await Promise.all([readFile(made.key), readFile(made.certificate)]);
});
afterAll(() => rm(place, { recursive: true, force: true }));

/** AuthenticationOk, and ReadyForQuery of a connection outside of any transaction. */
const signedIn = Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 0]);
const ready = Buffer.from([0x5a, 0, 0, 0, 5, 0x49]);

/** When something takes connections and ends them, without an error, instead of PostgreSQL. */
const moments: Record<string, (socket: Socket) => void> = {
  "as soon as it is opened": (socket) => socket.end(),
  "after the first message": (socket) => socket.once("data", () => socket.end()),
  "after the sign-in": (socket) => socket.once("data", () => socket.end(signedIn)),
  "after the first statement": (socket) => {
    socket.once("data", () => {
      socket.write(Buffer.concat([signedIn, ready]));
      socket.once("data", () => socket.end());
    });
  },
};

async function listen(act: (socket: Socket) => void, tls: boolean) {
  const counted = { connections: 0 };
  const sockets = new Set<Socket>();
  const track = (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
  };
  const secured = createTlsServer({ key, cert }, (socket) => {
    track(socket);
    act(socket);
  });
  secured.on("tlsClientError", () => {});
  const server = createServer((socket) => {
    counted.connections += 1;
    track(socket);
    if (!tls) return act(socket);
    socket.once("data", () => {
      socket.write("S");
      secured.emit("connection", socket);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  const account = { database: "x", username: "x", password: "x" };
  const facts: ConnectionFacts = { ...account, host: "127.0.0.1", port: address.port };
  if (tls) facts.tls = { ca: `${cert}` };
  const close = async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  };
  return { facts, counted, close };
}

const one = build.select({ one: sql<number>`1` }).from(sql`(select) one`).prepare("one");

/** One of each kind of call. */
const callsOn = (database: Database): (() => Promise<unknown>)[] => [
  () => database.raw`select 1`,
  () => database.audit`select 1`,
  () => database.health`select 1`,
  () => database.ingest`select 1`,
  () => database.ingest.begin("", (ingest) => ingest`select 1`),
  async () => await database.reads({}).execute(sql`select 1`),
  async () => await database.searches({}).execute(sql`select 1`),
  () => database.rows({}, sql`select 1`, 100),
  () => database.run(one, {}, {}),
  () => database.transaction({}, (tx) => tx.execute(sql`select 1`)),
  () => database.bulk.send({ copies: [], statement: "select 1", values: [] }),
];

describe.each([
  ["without TLS", false],
  ...(hasPostgres ? [["over TLS", true] as const] : []),
] as const)("a server that ends connections %s", (_, tls) => {
  test.each(Object.entries(moments))(
    "%s is asked a few times by each call, which says that it is gone",
    async (_, act) => {
      const { facts, counted, close } = await listen(act, tls);
      const database = openDatabase({ app: facts, ingest: facts });
      try {
        for (const [at, call] of callsOn(database).entries()) {
          const error = await call().then(
            () => "answered",
            (cause: unknown) => cause,
          );
          expect([at, toAppError(error).reason]).toEqual([at, "database_unavailable"]);
          // What waits behind a statement goes out over a connection of its own.
          expect(counted.connections).toBeLessThanOrEqual(4 * (at + 1));
        }
      } finally {
        await database.close();
        await close();
      }
    },
  );
});
