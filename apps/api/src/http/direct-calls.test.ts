import { once } from "node:events";
import { createServer, type IncomingMessage, type Server } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { afterEach, expect, test } from "vitest";
import { parseConfig } from "../config.ts";
import { createLog } from "../log.ts";
import { answerDirectly, type DirectAnswer, type DirectCall } from "./direct-calls.ts";

const parsed = parseConfig({
  DATA_DIR: "unused",
  PORT: "4000",
  PUBLIC_URL: "http://127.0.0.1:4000",
});
if (!parsed.ok) throw new Error("no config");
const { config } = parsed;
const log = createLog("silent");

const open: { http: Server; sockets: Socket[] }[] = [];
afterEach(() => {
  for (const { http, sockets } of open.splice(0)) {
    for (const socket of sockets) socket.destroy();
    http.close();
    http.closeAllConnections();
  }
});

/** A server that answers what reaches it by `node:http` with `stock`, and calls directly with their body. */
async function listen(
  answer = async ({ body }: DirectCall): Promise<DirectAnswer> => ({
    status: 200,
    headers: ["x-own", "1"],
    body: body.toString(),
  }),
  keepAliveMilliseconds = 3000,
  headersMilliseconds = 30_000,
) {
  const stopping = new AbortController();
  const http = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray()).toString();
    response.end(`stock ${request.method} ${body}`);
  });
  http.keepAliveTimeout = keepAliveMilliseconds;
  http.headersTimeout = headersMilliseconds;
  answerDirectly(
    http,
    { config, stopping: stopping.signal, log, metrics: null },
    { path: "/a", answer },
    { "x-always": "2" },
  );
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  const sockets: Socket[] = [];
  open.push({ http, sockets });
  /** A connection and all that has come over it, and who waits until it holds something. */
  const dial = () => {
    const socket = connect((http.address() as AddressInfo).port, "127.0.0.1");
    sockets.push(socket);
    let text = "";
    let check = () => {};
    const closed = new Promise<string>((resolve) => socket.once("close", () => resolve(text)));
    // Who is let go with something unread is reset.
    socket.on("error", () => {});
    socket.setEncoding("latin1").on("data", (chunk) => {
      text += chunk;
      check();
    });
    const until = (part: string) =>
      new Promise<string>((resolve) => {
        check = () => {
          if (text.includes(part)) resolve(text);
        };
        check();
      });
    return { socket, until, closed };
  };
  return { http, stopping, dial };
}

const post = (body: string, ...lines: string[]) =>
  ["POST /a HTTP/1.1", "host: b", ...lines, `content-length: ${body.length}`, "", body].join(
    "\r\n",
  );

test("calls that arrive whole are answered from their bytes, one after another", async () => {
  const { dial } = await listen();
  const { socket, until } = dial();
  socket.write(post("one"));
  const text = await until("one");
  const [head = "", body] = text.split("\r\n\r\n");
  const same = head.replace(/Date: .*GMT/, "Date: now").replace(/id: .*/, "id: <id>");
  expect(same).toBe(
    [
      "HTTP/1.1 200 OK",
      "x-always: 2",
      "content-type: application/json; charset=utf-8",
      "x-request-id: <id>",
      "x-own: 1",
      "content-length: 3",
      "Date: now",
      "Connection: keep-alive",
      "Keep-Alive: timeout=3",
    ].join("\r\n"),
  );
  expect(body).toBe("one");
  socket.write(post("two"));
  await until("two");
});

test("the length of an answer counts bytes", async () => {
  const { dial } = await listen(async () => ({ status: 404, headers: [], body: "é" }));
  const { socket, until } = dial();
  socket.write(post("one"));
  const text = await until("Ã©");
  expect(text).toContain("HTTP/1.1 404 Not Found\r\n");
  expect(text).toContain("content-length: 2\r\n");
});

test("whatever else arrives is the server's, with all that follows", async () => {
  const { dial } = await listen();
  const { socket, until } = dial();
  socket.write(post("one"));
  await until("one");
  socket.write("GET /a HTTP/1.1\r\nhost: b\r\n\r\n");
  await until("stock GET ");
  socket.write(post("two"));
  await until("stock POST two");
});

test("a body in pieces and two calls at once are answered by the server, in their order", async () => {
  const { dial } = await listen();
  const pieces = dial();
  const large = "x".repeat(300_000);
  pieces.socket.write(post(large));
  expect(await pieces.until(`stock POST ${large}`)).not.toContain("x-always");
  const two = dial();
  two.socket.write(post("one") + post("two"));
  expect((await two.until("stock POST two")).match(/stock POST (?:one|two)/g)).toEqual([
    "stock POST one",
    "stock POST two",
  ]);
});

test("what arrives while a call is under way is answered behind it", async () => {
  const begun: (() => void)[] = [];
  let onBegun = () => {};
  const { dial } = await listen(async ({ body }) => {
    onBegun();
    await new Promise<void>((resolve) => begun.push(resolve));
    return { status: 200, headers: [], body: `direct ${body}` };
  });
  const { socket, until } = dial();
  const first = new Promise<void>((resolve) => {
    onBegun = resolve;
  });
  socket.write(post("one"));
  await first;
  const second = new Promise<void>((resolve) => {
    onBegun = resolve;
  });
  socket.end(post("two"));
  begun[0]?.();
  await second;
  begun[1]?.();
  const text = await until("two");
  expect(text.match(/direct (?:one|two)/g)).toEqual(["direct one", "direct two"]);
});

test("who says nothing more gets the answer, and then the end", async () => {
  const { dial } = await listen();
  const { socket, closed } = dial();
  socket.end(post("one"));
  expect(await closed).toContain("\r\n\r\none");
});

test("a call under another name of the host is the server's", async () => {
  const { dial } = await listen();
  const { socket, until } = dial();
  socket.write(post("one").replace("host: b", "host: localhost:4000"));
  await until("stock POST one");
});

test("an idle connection ends after its time", async () => {
  const { http, dial } = await listen();
  expect(http.keepAliveTimeout).toBe(3000);
  const { socket, until, closed } = dial();
  socket.write(post("one"));
  await until("one");
  await closed;
});

test("when the server stops, idle connections end, and the others after their answer", async () => {
  let answerIt = () => {};
  let onBegun = () => {};
  const begun = new Promise<void>((resolve) => {
    onBegun = resolve;
  });
  const { http, stopping, dial } = await listen(async () => {
    onBegun();
    await new Promise<void>((resolve) => {
      answerIt = resolve;
    });
    return { status: 200, headers: [], body: "late" };
  });
  const [idle, busy] = [dial(), dial()];
  await once(idle.socket, "connect");
  busy.socket.write(post("one"));
  await begun;
  stopping.abort();
  const ended = new Promise((resolve) => http.close(resolve));
  await idle.closed;
  answerIt();
  const text = await busy.closed;
  expect(text).toContain("Connection: close\r\n");
  expect(text).toContain("late");
  await ended;
});

test("a caller that goes away while its call is under way disturbs nobody", async () => {
  let answerIt = () => {};
  let onBegun = () => {};
  const begun = new Promise<void>((resolve) => {
    onBegun = resolve;
  });
  let isFirst = true;
  const { dial } = await listen(async ({ body }) => {
    if (isFirst) {
      isFirst = false;
      onBegun();
      await new Promise<void>((resolve) => {
        answerIt = resolve;
      });
    }
    return { status: 200, headers: [], body: body.toString() };
  });
  const [gone, other] = [dial(), dial()];
  gone.socket.write(post("one"));
  await begun;
  gone.socket.resetAndDestroy();
  await gone.closed;
  answerIt();
  other.socket.write(post("two"));
  await other.until("two");
});

test("a call that fails within is answered as an error of ours", async () => {
  const { dial } = await listen(() => Promise.reject(new Error("a bug")));
  const { socket, until } = dial();
  socket.write(post("one"));
  const text = await until('"reason"');
  expect(text).toContain("HTTP/1.1 500 Internal Server Error\r\n");
  expect(text).toContain('"reason":"internal"');
  expect(text).not.toContain("a bug");
});

/** Waits until the server has so many connections. */
const untilConnections = (http: Server, count: number) =>
  expect
    .poll(() => new Promise((resolve) => http.getConnections((_, open) => resolve(open))), {
      timeout: 20_000,
    })
    .toBe(count);

test("who never reads the answer is let go after the time of an idle connection", async () => {
  const body = "x".repeat(64 * 2 ** 20);
  const { http, dial } = await listen(async () => ({ status: 200, headers: [], body }), 300);
  const { socket } = dial();
  socket.pause();
  socket.write(post("one"));
  await once(http, "connection");
  await untilConnections(http, 0);
});

test("who sends nothing is let go after the time for a head", async () => {
  const { http, dial } = await listen(undefined, 60_000, 200);
  const { closed } = dial();
  expect(await closed).toBe("");
  expect(http.headersTimeout).toBe(200);
});

test("a call that takes longer than a connection may idle is answered", async () => {
  let isIdle = false;
  const { http, dial } = await listen(async () => {
    await expect.poll(() => isIdle).toBe(true);
    return { status: 200, headers: [], body: "late" };
  }, 200);
  http.on("connection", (socket: Socket) => socket.on("timeout", () => (isIdle = true)));
  const { socket, until } = dial();
  socket.write(post("one"));
  await until("late");
});

test("what follows a call with the end behind it reaches the server", async () => {
  let answerIt = () => {};
  let onBegun = () => {};
  const begun = new Promise<void>((resolve) => {
    onBegun = resolve;
  });
  const { http, dial } = await listen(async () => {
    onBegun();
    await new Promise<void>((resolve) => {
      answerIt = resolve;
    });
    return { status: 200, headers: [], body: "direct" };
  });
  const targets: (string | undefined)[] = [];
  http.on("request", ({ url }) => targets.push(url));
  const ended = new Promise<void>((resolve) => {
    http.on("connection", (socket: Socket) => {
      const read = socket.push;
      socket.push = (chunk, ...others) => {
        if (chunk === null) setImmediate(resolve);
        return read.call(socket, chunk, ...others);
      };
    });
  });
  const { socket, closed } = dial();
  socket.write(post("one"));
  await begun;
  socket.end("GET /b HTTP/1.1\r\nhost: b\r\n\r\n");
  await ended;
  answerIt();
  expect(await closed).toContain("direct");
  expect(targets).toEqual(["/b"]);
});

test("when all connections are ended, so are those with a call under way", async () => {
  let onBegun = () => {};
  const begun = new Promise<void>((resolve) => {
    onBegun = resolve;
  });
  const { http, dial } = await listen(() => {
    onBegun();
    return new Promise(() => {});
  });
  const { socket, closed } = dial();
  socket.write(post("one"));
  await begun;
  http.closeAllConnections();
  expect(await closed).toBe("");
});

test("the server gets a connection as if it had just been opened", async () => {
  const { http, dial } = await listen();
  const stock = createServer((_request, response) => response.end("stock"));
  await once(stock.listen(0, "127.0.0.1"), "listening");
  open.push({ http: stock, sockets: [] });
  /** Of the connection while it brings a call: nothing may end a stream that is quiet. */
  const stateOf = (server: Server) =>
    new Promise((resolve) => {
      server.prependOnceListener("request", ({ socket }: IncomingMessage) =>
        resolve({
          timeout: socket.timeout || "none",
          listeners: new Map(socket.eventNames().map((name) => [name, socket.listenerCount(name)])),
        }),
      );
    });
  const states = Promise.all([stateOf(http), stateOf(stock)]);
  const { socket, until } = dial();
  socket.write(post("one"));
  await until("one");
  socket.write("GET /a HTTP/1.1\r\nhost: b\r\n\r\n");
  await until("stock GET ");
  await (await fetch(`http://127.0.0.1:${(stock.address() as AddressInfo).port}`)).text();
  const [ours, theirs] = await states;
  expect(ours).toEqual(theirs);
});
