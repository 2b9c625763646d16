import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestServer, type TestServer } from "./harness.ts";

/**
 * The bytes of each call go over two connections: one of its own, whose whole calls are answered from
 * their bytes, and one that `node:http` has because another kind of call came first.
 */
let server: TestServer;
let key: string;
let pageKey: string;
let addressKey: string;
let port: number;
const many = "1000000";
beforeAll(async () => {
  server = await startTestServer({
    env: {
      RATE_LIMIT_MAX_REQUESTS: many,
      CREDENTIAL_RATE_LIMIT_MAX: many,
      TRUST_PROXY: "1",
      CORS_ORIGINS: "https://app.example",
    },
  });
  port = server.deps.config.port;
  const member = await server.member();
  ({ key } = await server.apiKey(member));
  ({ key: pageKey } = await server.apiKey(member, {
    scopes: ["events:write"],
    origins: ["https://page.example"],
  }));
  ({ key: addressKey } = await server.apiKey(member, { allowedCidrs: ["203.0.113.0/24"] }));
});
afterAll(() => server.stop());

type Answers = { raw: string[]; closed: boolean };

/** Whole answers at the beginning of a text. The only ones in chunks are those of Node.js itself, which are empty. */
function answersIn(text: string): string[] {
  const found: string[] = [];
  for (let at = 0; ; ) {
    const head = text.indexOf("\r\n\r\n", at);
    if (head < 0) return found;
    const [headers, noChunks] = [text.slice(at, head), "0\r\n\r\n"];
    const length = /\r\ntransfer-encoding: chunked/i.test(headers)
      ? noChunks.length
      : Number(/\r\ncontent-length: (\d+)/i.exec(headers)?.[1] ?? 0);
    const end = head + 4 + length;
    if (text.length < end) return found;
    found.push(text.slice(at, end));
    at = end;
  }
}

/** Sends pieces, each once as many answers have come as are before it, and reads what is answered. */
async function exchange(socket: Socket, pieces: Piece[], answers: number): Promise<Answers> {
  let text = "";
  let check = () => {};
  let closed = false;
  socket.on("data", (chunk: Buffer) => {
    text += chunk.toString("latin1");
    check();
  });
  socket.on("close", () => {
    closed = true;
    check();
  });
  const until = (count: number) =>
    new Promise<void>((resolve) => {
      check = () => {
        if (closed || answersIn(text).length >= count) resolve();
      };
      check();
    });
  for (const { bytes, after = 0 } of pieces) {
    await until(after);
    socket.write(bytes);
  }
  await until(answers);
  return { raw: answersIn(text), closed };
}

async function dial(): Promise<Socket> {
  const socket = connect(port, "127.0.0.1").setNoDelay(true);
  socket.on("error", () => {});
  await once(socket, "connect");
  return socket;
}

/** What differs between two equal calls: ids, times, and what is left of a limit. */
const comparable = (answer: string) => {
  const end = answer.indexOf("\r\n\r\n");
  const [status, ...lines] = answer.slice(0, end).split("\r\n");
  const same = (text: string) =>
    text
      .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}/g, "<id>")
      .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "<time>")
      .replace(/^date: .*GMT$/, "date: <date>")
      .replace(/;r=\d+;t=\d+$/, ";r=<left>;t=<seconds>");
  const headers = lines.map((line) => same(line.replace(/^[^:]+/, (name) => name.toLowerCase())));
  return { status, headers: headers.sort(), body: same(answer.slice(end + 4)) };
};

/** The order in which answers from bytes begin their heads. */
const isFromBytes = (answer: string) => /\r\ncontent-type: [^\r]*\r\nx-request-id: /.test(answer);

type Piece = { bytes: Buffer; after?: number };
type Parts = { line?: string; lines?: string[]; length?: string | null; body?: string | Buffer };

const one = '{"events":[{"type":"a.b"}]}';
const json = "content-type: application/json";
const host = "host: 127.0.0.1";
const mine = () => `authorization: Bearer ${key}`;
const usual = () => [host, mine(), json];

/** A call as bytes. `length` null: none is said. */
function call({ line, lines = usual(), length, body = one }: Parts = {}): Buffer {
  const bytes = typeof body === "string" ? Buffer.from(body) : body;
  const said = length === undefined ? `content-length: ${bytes.length}` : length;
  const head = [line ?? "POST /api/v1/events HTTP/1.1", ...lines, ...(said === null ? [] : [said])];
  return Buffer.concat([Buffer.from(`${head.join("\r\n")}\r\n\r\n`, "latin1"), bytes]);
}
const having = (...lines: string[]) => call({ lines });
const more = (...lines: string[]) => having(...usual(), ...lines);

/** `fromBytes`: how many of the answers are made from the bytes; null where that depends on how they arrive. */
type Case = { pieces: Piece[]; statuses: number[]; fromBytes: number | null };
const is = (bytes: Buffer, ...statuses: number[]): Case => ({
  pieces: [{ bytes }],
  statuses,
  fromBytes: 0,
});
/** As `is`, and the first answer is made from the bytes. */
const direct = (bytes: Buffer, ...statuses: number[]): Case => ({
  ...is(bytes, ...statuses),
  fromBytes: 1,
});
const { concat } = Buffer;
const text = (bytes: string) => Buffer.from(bytes, "latin1");

const cases: Record<string, () => Case> = {
  "a plain call": () => direct(call(), 200),
  "names of headers in upper case": () =>
    direct(
      call({ lines: usual().map((line) => line.replace(/^\w/, (a) => a.toUpperCase())) }),
      200,
    ),
  "a connection that is to be kept": () => direct(more("Connection: Keep-Alive"), 200),
  "a connection that is not": () => is(more("connection: close"), 200),
  "a proxy's connection that is not": () => is(more("proxy-connection: close"), 200),
  "a connection with an option": () => is(more("connection: keep-alive, x"), 200),
  "HTTP/1.0": () => is(call({ line: "POST /api/v1/events HTTP/1.0" }), 200),
  "HTTP/1.0, kept": () =>
    is(
      call({ line: "POST /api/v1/events HTTP/1.0", lines: [...usual(), "connection: keep-alive"] }),
      200,
    ),
  "HTTP/1.2": () => is(call({ line: "POST /api/v1/events HTTP/1.2" }), 400),
  "HTTP/2": () => is(text("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), 400),
  TLS: () => is(text("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"), 400),
  "a proxy's own line first": () =>
    is(concat([text("PROXY TCP4 203.0.113.5 127.0.0.1 1 2\r\n"), call()]), 400),
  "an empty line first": () => is(concat([text("\r\n"), call()]), 200),
  "a method in lower case": () => is(call({ line: "post /api/v1/events HTTP/1.1" }), 400),
  "a method that it has not": () => is(call({ line: "PUT /api/v1/events HTTP/1.1" }), 405),
  "a query": () => is(call({ line: "POST /api/v1/events?x=1 HTTP/1.1" }), 200),
  "a target with its host": () =>
    is(call({ line: "POST http://127.0.0.1/api/v1/events HTTP/1.1" }), 404),
  "a target written in another way": () =>
    is(call({ line: "POST /api/v1/%65vents HTTP/1.1" }), 404),
  "two spaces in the request line": () => is(call({ line: "POST  /api/v1/events HTTP/1.1" }), 200),
  "a space behind the request line": () => is(call({ line: "POST /api/v1/events HTTP/1.1 " }), 400),
  "no host": () => is(having(mine(), json), 400),
  "an empty host": () => is(having("host: ", mine(), json), 200),
  "two hosts": () => is(more("host: evil.example"), 200),
  "another's host": () => direct(having("host: evil.example", mine(), json), 200),
  "the host that is sent elsewhere": () => is(having(`host: localhost:${port}`, mine(), json), 308),
  "no length": () => is(call({ length: null, body: "" }), 400),
  "a length of nothing": () => is(call({ body: "" }), 400),
  "a length with a sign": () => is(call({ length: "content-length: +27" }), 400),
  "a negative length": () => is(call({ length: "content-length: -27" }), 400),
  "a length in hexadecimal": () => is(call({ length: "content-length: 0x1b" }), 400),
  "a length with zeros": () => is(call({ length: "content-length: 027" }), 200),
  "a length with a space": () => is(call({ length: "content-length: 2 7" }), 400),
  "a length twice in a line": () => is(call({ length: "content-length: 27, 27" }), 400),
  "a length twice": () => is(more("content-length: 27"), 400),
  "two lengths": () => is(more("content-length: 5"), 400),
  "a length beyond every number": () =>
    is(call({ length: "content-length: 99999999999999999999999" }), 400),
  "a length of too much": () => is(call({ length: "content-length: 99999999" }), 413),
  "a length below what comes": () =>
    is(call({ body: `${one}GET / HTTP/1.1\r\n\r\n`, length: "content-length: 27" }), 200, 400),
  chunks: () =>
    is(call({ length: "transfer-encoding: chunked", body: `1b\r\n${one}\r\n0\r\n\r\n` }), 200),
  "chunks and a length": () => is(more("transfer-encoding: chunked"), 400),
  "a length and chunks in a name of their own": () => is(more("transfer-encoding : chunked"), 400),
  "chunks in a line that goes on": () => is(more("transfer-encoding:", " chunked"), 400),
  "chunks behind a tab": () => is(more("transfer-encoding:\tchunked"), 400),
  "a coding of transfer that nobody knows": () => is(more("transfer-encoding: identity"), 400),
  "a space before the colon": () => is(more("x : 1"), 400),
  "a line that goes on": () => is(more("x: 1", " 2"), 400),
  "a line without a colon": () => is(more("x"), 400),
  "a name that is none": () => is(more("x(y): 1"), 400),
  "no name": () => is(more(": 1"), 400),
  "a bare line feed": () => is(more("x: 1\ntransfer-encoding: chunked"), 400),
  "a bare carriage return": () => is(more("x: 1\rtransfer-encoding: chunked"), 400),
  "a zero": () => is(more("x: \0"), 400),
  "no value": () => is(more("x:"), 200),
  "bytes beyond ASCII": () => is(more("user-agent: caf\xe9"), 200),
  "two calls at once": () => is(concat([call(), call()]), 200, 200),
  "a call, and another once it is answered": () => ({
    pieces: [{ bytes: call() }, { bytes: call(), after: 1 }],
    statuses: [200, 200],
    fromBytes: 2,
  }),
  "a call and half of another": () => ({
    pieces: [
      { bytes: concat([call(), call().subarray(0, 60)]) },
      { bytes: call().subarray(60), after: 1 },
    ],
    statuses: [200, 200],
    fromBytes: 0,
  }),
  "a call and then half of another": () => ({
    pieces: [
      { bytes: call() },
      { bytes: call().subarray(0, 60), after: 1 },
      { bytes: call().subarray(60), after: 1 },
    ],
    statuses: [200, 200],
    fromBytes: null,
  }),
  "a call and then no call": () => ({
    pieces: [{ bytes: call() }, { bytes: text("\0\0\0\r\n\r\n"), after: 1 }],
    statuses: [200, 400],
    fromBytes: 1,
  }),
  "a call with no call behind it": () => is(concat([call(), text("\0\0\0\r\n\r\n")]), 400),
  "a call and then another kind": () => ({
    pieces: [
      { bytes: call() },
      { bytes: text(`GET /healthz HTTP/1.1\r\n${host}\r\n\r\n`), after: 1 },
      { bytes: call(), after: 2 },
    ],
    statuses: [200, 200, 200],
    fromBytes: 1,
  }),
  "who waits for leave to go on": () => is(more("expect: 100-continue"), 100, 200),
  "who expects something else": () => is(more("expect: x"), 417),
  "who would become another": () => is(more("connection: upgrade", "upgrade: websocket"), 200),
  "who names it an upgrade": () => is(more("upgrade: h2c"), 200),
  "a cookie": () => is(more("cookie: a=b"), 200),
  "a page that may read": () => is(more("origin: https://app.example"), 200),
  "a page that may not": () => is(more("origin: https://evil.example"), 200),
  "a page's key from its page": () =>
    is(having(host, `authorization: Bearer ${pageKey}`, json, "origin: https://page.example"), 200),
  "a page's key without a page": () =>
    direct(having(host, `authorization: Bearer ${pageKey}`, json), 403),
  "where a browser says it is": () => is(more("sec-fetch-site: cross-site"), 200),
  "a compressed body": () =>
    is(call({ lines: [...usual(), "content-encoding: gzip"], body: gzipSync(one) }), 415),
  "a set of characters": () =>
    direct(having(host, mine(), "content-type: Application/JSON ; charset=utf-16"), 200),
  "another type": () => direct(having(host, mine(), "content-type: text/plain"), 415),
  "no type": () => direct(having(host, mine()), 415),
  "two types": () => is(more("content-type: text/plain"), 415),
  "two types in one line": () =>
    direct(having(host, mine(), "content-type: application/json; a=b, text/plain"), 415),
  "a head of 9 KB": () => is(more(`x: ${"1".repeat(9000)}`), 200),
  "a head of 20 KB": () => is(more(`x: ${"1".repeat(20_000)}`), 200),
  "a head of 300 KB": () => is(more(`x: ${"1".repeat(300_000)}`), 431),
  "a hundred headers": () => is(more(...Array.from({ length: 100 }, (_, n) => `x-${n}: 1`)), 200),
  "more headers than are read": () =>
    is(
      having(host, json, ...Array.from({ length: 1000 }, (_, n) => `${n.toString(36)}: 1`), mine()),
      401,
    ),
  "no credential": () => direct(having(host, json), 401),
  "a wrong key": () => direct(having(host, json, "authorization: Bearer mnt_x"), 401),
  "another scheme": () => direct(having(host, json, "authorization: Basic x"), 401),
  "two credentials": () => is(more("authorization: Bearer mnt_x"), 400),
  "a credential beside the key": () => is(more("authorization: Basic x"), 400),
  "two credentials in one line": () =>
    direct(having(host, json, `authorization: Bearer ${key}, Basic x`), 400),
  "a name of its own in a header of objects": () => direct(more("constructor: 1"), 200),
  "no JSON": () => direct(call({ body: '{"events":[' }), 400),
  "no UTF-8": () => direct(call({ body: text('{"events":["\xff"]}') }), 400),
  "a mark of byte order": () => direct(call({ body: `\ufeff${one}` }), 400),
  "no events": () => direct(call({ body: '{"events":[]}' }), 400),
  "a bad event beside a good one": () =>
    direct(call({ body: '{"events":[{"type":"é"},{"type":"a"},{"type":"\\ud800"}]}' }), 200),
  "from an address that the key allows": () =>
    direct(
      having(host, `authorization: Bearer ${addressKey}`, json, "x-forwarded-for: 203.0.113.5"),
      200,
    ),
  "from an address that it does not": () =>
    direct(
      having(
        ...[host, `authorization: Bearer ${addressKey}`, json],
        "x-forwarded-for: 203.0.113.5, 198.51.100.7",
      ),
      403,
    ),
  "from two addresses": () =>
    is(
      having(
        ...[host, `authorization: Bearer ${addressKey}`, json],
        ...["x-forwarded-for: 203.0.113.5", "x-forwarded-for: 198.51.100.7"],
      ),
      403,
    ),
  "from nowhere": () =>
    direct(
      having(host, `authorization: Bearer ${addressKey}`, json, "x-forwarded-for: ,,[x]:1,"),
      403,
    ),
};

test.each(Object.entries(cases))("%s is answered the same either way", async (_name, make) => {
  const { pieces, statuses, fromBytes } = make();
  const [own, other] = await Promise.all([dial(), dial()]);
  try {
    const first = [{ bytes: text(`GET /healthz HTTP/1.1\r\n${host}\r\n\r\n`) }];
    const before = await exchange(other, first, 1);
    expect(before.raw.length).toBe(1);
    other.removeAllListeners("data").removeAllListeners("close");
    const ours = await exchange(own, pieces, statuses.length);
    const theirs = await exchange(other, pieces, statuses.length);
    expect(ours.raw.map((answer) => Number(answer.slice(9, 12)))).toEqual(statuses);
    expect(ours.raw.map(comparable)).toEqual(theirs.raw.map(comparable));
    if (fromBytes !== null) expect(ours.raw.filter(isFromBytes).length).toBe(fromBytes);
    expect(theirs.raw.filter(isFromBytes).length).toBe(0);
  } finally {
    own.destroy();
    other.destroy();
  }
});
