import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import { createServer as createTlsServer } from "node:tls";
import type { ConnectionFacts } from "@muniment/db/connection.ts";
import { type Database, openDatabase, type Tx } from "@muniment/db/database.ts";
import { openDatabaseSocket } from "@muniment/db/database-socket.ts";
import { closingInsertion } from "@muniment/db/insertions.ts";
import { codesOf, isDatabaseUnavailable } from "@muniment/db/unavailable.ts";
import { sql } from "drizzle-orm";
import { pgTable, text, uuid } from "drizzle-orm/pg-core";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { hasPostgres, makeCertificate } from "../../../apps/api/test/debian-postgres.ts";
import { openScratchDatabase } from "./scratch-database.ts";

let scratch: Awaited<ReturnType<typeof openScratchDatabase>>;
let place: string;
let key: Buffer | undefined;
let cert: Buffer | undefined;
const notes = pgTable("test_notes", { id: uuid().primaryKey(), note: text().notNull() });
const insertNote = closingInsertion(notes);
const insert = (tx: Tx, note: string) => insertNote(tx, { id: randomUUID(), note });

beforeAll(async () => {
  scratch = await openScratchDatabase();
  await scratch.owner`create table test_notes (id uuid primary key, note text not null check (note <> 'refused'))`;
  await scratch.owner`grant select, insert on test_notes to public`;
  place = await mkdtemp(join(tmpdir(), "muniment-closing-"));
  if (!hasPostgres) return;
  const made = makeCertificate(place, "IP:127.0.0.1");
  [key, cert] = await Promise.all([readFile(made.key), readFile(made.certificate)]);
});
afterAll(async () => {
  await scratch.drop();
  await rm(place, { recursive: true, force: true });
});
beforeEach(() => scratch.owner`delete from test_notes`);

const stored = async () =>
  (await scratch.owner`select note from test_notes order by note`).map(({ note }) => note);

type Pass = (chunk: Buffer, to: Socket, from: Socket) => unknown;
const pass: Pass = (chunk, to) => to.write(chunk);
/** What is not yet known to be lost is passed on; nothing else says which message is ours. */
const isOurs = (chunk: Buffer) => chunk.includes("closing_");
const ready = Buffer.from([0x5a, 0, 0, 0, 5, 0x49]);

type Between = { ask?: Pass; answer?: Pass; tls?: boolean };

/** A database behind something that does to what passes between us and PostgreSQL what it is told. */
async function openBehind(
  { ask = pass, answer = pass, tls = false }: Between,
  use: (database: Database) => Promise<void>,
) {
  const sockets = new Set<Socket>();
  const join = async (client: Socket) => {
    const server = await openDatabaseSocket(scratch.connections.app);
    for (const [from, to, act] of [
      [client, server, ask],
      [server, client, answer],
    ] as const) {
      sockets.add(from);
      from.on("error", () => {});
      from.on("close", () => to.destroy());
      from.on("data", (chunk: Buffer) => act(chunk, to, from));
    }
  };
  const secured = createTlsServer({ key, cert }, (client) => void join(client));
  const proxy = createServer((client) => {
    client.setNoDelay(true);
    if (!tls) return void join(client);
    client.once("data", () => {
      client.write("S");
      secured.emit("connection", client);
    });
  });
  proxy.listen(0, "127.0.0.1");
  await once(proxy, "listening");
  const address = proxy.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  const { app } = scratch.connections;
  const facts: ConnectionFacts = { ...app, host: "127.0.0.1", port: address.port };
  if (tls) facts.tls = { ca: `${cert}` };
  const database = openDatabase({ app: facts, ingest: facts });
  try {
    await use(database);
  } finally {
    await database.close();
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => proxy.close(resolve));
  }
}

const before: [string, (tx: Tx) => unknown][] = [
  ["nothing", () => {}],
  ["a statement", (tx) => tx.execute(sql`select 1`)],
];

/** In pieces of three bytes, each a chunk of its own as far as the network leaves it. */
function inPieces(): Pass {
  let last: Promise<unknown> = Promise.resolve();
  return (chunk, to) => {
    last = last.then(async () => {
      for (let at = 0; at < chunk.length; at += 3) {
        to.write(chunk.subarray(at, at + 3));
        await turn();
      }
    });
  };
}

const ways: [string, Between][] = [
  ["in pieces", { answer: inPieces() }],
  ["to a message that comes in pieces", { ask: inPieces() }],
  ...(hasPostgres ? [["over TLS", { tls: true }] satisfies [string, Between]] : []),
];

test.each(ways)(
  "an answer %s is taken whole, and what follows is the driver's",
  async (_, between) => {
    const long = "x".repeat(between.tls ? 2_000_000 : 100);
    await openBehind(between, async (database) => {
      for (const [name, act] of before) {
        for (const note of [`${name} 1`, `${name} 2`, `${name} ${long}`]) {
          await database.transaction({}, async (tx) => {
            await act(tx);
            await insert(tx, note);
          });
          const found = database.reads({}).select({ n: sql`count(*)::int` }).from(notes);
          expect(await found.where(sql`note = ${note}`)).toEqual([{ n: 1 }]);
        }
        const refused = database.transaction({}, async (tx) => {
          await act(tx);
          await insert(tx, "refused");
        });
        await expect(refused).rejects.toMatchObject({ code: "23514" });
      }
    });
    expect(await stored()).toHaveLength(6);
  },
);

describe.each(before)("behind %s", (_, act) => {
  /** Sends a row as the first and as the third of a connection, when it was given to prepare before. */
  async function lose(
    between: Between,
    note: string,
    kept: string[],
    isTold: (error: unknown) => boolean = isDatabaseUnavailable,
  ) {
    for (const earlier of [0, 2]) {
      let left = earlier;
      const { ask = pass, answer = pass } = between;
      const counted = {
        ask: ((chunk, to, from) => {
          if (isOurs(chunk)) left -= 1;
          return (left < 0 && isOurs(chunk) ? ask : pass)(chunk, to, from);
        }) satisfies Pass,
        answer: ((chunk, to, from) => (left < 0 ? answer : pass)(chunk, to, from)) satisfies Pass,
      };
      await openBehind(counted, async (database) => {
        const send = (text: string) =>
          database.transaction({}, async (tx) => {
            await act(tx);
            await insert(tx, text);
          });
        for (let at = 0; at < earlier; at += 1) await send(`earlier ${at}`);
        await expect(send(note)).rejects.toSatisfy(isTold);
        left = Number.POSITIVE_INFINITY;
        await send("next");
        expect(await database.reads({}).select({ n: sql`1` }).from(notes)).not.toEqual([]);
      });
      const all = await stored();
      expect(all.filter((one) => !one.startsWith("earlier"))).toEqual([...kept, "next"].sort());
      await scratch.owner`delete from test_notes`;
    }
  }

  test("a message that is cut off in front of its commit stores nothing and is told", async () => {
    const ask: Pass = (chunk, to, from) => {
      to.end(chunk.subarray(0, chunk.lastIndexOf("closing_1")));
      from.destroy();
    };
    await lose({ ask }, "cut", []);
  });

  test("a commit whose answer is lost is told as lost, and not sent again", async () => {
    const answer: Pass = (chunk, to) => (chunk.includes("COMMIT") ? to.destroy() : to.write(chunk));
    await lose({ answer }, "unanswered", ["unanswered"]);
  });

  test.each([
    ["PostgreSQL is ready once more than it was asked to be", ready],
    [
      "an answer comes that nobody waits for",
      Buffer.concat([Buffer.from("C\0\0\0\rSELECT 1\0"), ready]),
    ],
    ["what comes is no message", Buffer.from([0x43, 0, 0, 0, 0, 0])],
  ])("nothing is taken for the commit where %s", async (_, stray) => {
    const ask: Pass = (chunk, to, from) => {
      from.write(stray);
      // So late that it is no part of the same chunk.
      setTimeout(() => to.write(chunk), 20);
    };
    // Where all comes as one chunk, the refusal is in it.
    const isTold = (error: unknown) =>
      isDatabaseUnavailable(error) || codesOf(error).includes("23514");
    await lose({ ask }, "refused", [], isTold);
  });
});

test("a connection that answers a rollback with anything else is not lent again", async () => {
  const ask: Pass = (chunk, to, from) => {
    if (!chunk.includes("rollback")) return to.write(chunk);
    from.write(ready);
    setTimeout(() => to.write(chunk), 20);
  };
  await openBehind({ ask }, async (database) => {
    const pids: unknown[] = [];
    const run = (fails: boolean) =>
      database.transaction({}, async (tx) => {
        const [row] = await tx.execute<{ pid: number }>(sql`select pg_backend_pid() as pid`);
        pids.push(row?.pid);
        if (fails) throw new Error("changed its mind");
      });
    await expect(run(true)).rejects.toThrow("changed its mind");
    await run(false);
    expect(new Set(pids).size).toBe(2);
  });
});

test("where no socket can be opened, a transaction with nothing but a row fails like any other", async () => {
  const facts = { ...scratch.connections.app, host: "/dev/null" };
  const database = openDatabase({ app: facts, ingest: facts });
  const failing: (() => Promise<unknown>)[] = [
    async () => await database.reads({}).execute(sql`select 1`),
    () => database.transaction({}, (tx) => insert(tx, "nowhere")),
    () => database.transaction({}, (tx) => insert(tx, "nowhere")),
  ];
  for (const fail of failing) await expect(fail()).rejects.toThrow();
  await database.close();
});
