import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { setImmediate } from "node:timers/promises";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parseConfig } from "../config.ts";
import { createLog } from "../log.ts";
import { answerDirectly } from "./direct-calls.ts";

const parsed = parseConfig({ DATA_DIR: "unused" });
if (!parsed.ok) throw new Error("no config");
const { config } = parsed;

/** `body` null: it was cut off. */
type Understood = { call: string; headers: object; body: string | null };

/** A server, what calls it has understood in their order, and how many of them directly. */
class Way {
  readonly http: Server;
  understood: Understood[] = [];
  direct = 0;

  constructor(isDirect: boolean) {
    this.http = createServer((request, response) => {
      const { method, url, headers } = request;
      const one: Understood = { call: `${method} ${url}`, headers, body: null };
      this.understood.push(one);
      let body = "";
      request.setEncoding("latin1").on("data", (text) => {
        body += text;
      });
      request.on("error", () => {});
      request.on("end", () => {
        one.body = body;
        response.end("ok");
      });
    });
    if (!isDirect) return;
    const stopping = new AbortController().signal;
    const answer = async ({ headers, body }: { headers: object; body: Buffer }) => {
      const text = body.toString("latin1");
      this.understood.push({ call: "POST /a", headers: { ...headers }, body: text });
      this.direct += 1;
      return { status: 200, headers: [], body: "ok" };
    };
    answerDirectly(
      this.http,
      { config, stopping, log: createLog("silent"), metrics: null },
      { path: "/a", answer },
      {},
    );
  }

  /** What it understands of pieces that arrive one after another, with the end behind them. */
  async understand(pieces: readonly string[]): Promise<Understood[]> {
    this.understood = [];
    const socket = connect((this.http.address() as AddressInfo).port, "127.0.0.1");
    socket.on("error", () => {});
    await once(socket.setNoDelay(true), "connect");
    const closed = once(socket.resume(), "close");
    for (const piece of pieces) {
      socket.write(piece, "latin1");
      // So the server mostly reads it by itself.
      await setImmediate();
      await setImmediate();
    }
    socket.end();
    await closed;
    return this.understood;
  }
}

const ways = { ours: new Way(true), nodes: new Way(false) };
beforeAll(async () => {
  for (const { http } of Object.values(ways)) await once(http.listen(0, "127.0.0.1"), "listening");
});
afterAll(() => {
  for (const { http } of Object.values(ways)) http.close().closeAllConnections();
});

const piece = fc.constantFrom(..."\r\n\t :,;+-_axZ09\0é", "\r\n", "\r\n\r\n", "0\r\n\r\n", "\n\n");
const line = fc.constantFrom(
  ...["x: 1", "X-Y: a b", "x : 1", "x:1", "x:\t1", " x: 1", "x", ": 1", "x: é", "x: \0", "Host: b"],
  ...["Connection: keep-alive", "Proxy-Connection: keep-alive", "Connection: x"],
  ...["Transfer-Encoding: chunked", "transfer-encoding: identity", "Transfer-Encoding:\tchunked"],
  ...["Content-Length: 2", "content-length: 3", "Content-Length: +2", "TE: trailers", "Trailer: x"],
  ...[
    "Expect: 100-continue",
    "Upgrade: h2c",
    "Cookie: a=b",
    "Origin: null",
    "Content-Encoding: gzip",
  ],
);
const start = fc.oneof(
  { weight: 8, arbitrary: fc.constant("POST /a HTTP/1.1") },
  fc.constantFrom("POST /a HTTP/1.0", "post /a HTTP/1.1", "POST /b HTTP/1.1", "GET /a HTTP/1.1"),
);
const body = fc.oneof(
  fc.constantFrom("{}", "2\r\n{}\r\n0\r\n\r\n", "{}\r\n", "POST /a HTTP/1.1\r\n"),
  fc.string({ minLength: 1, maxLength: 12, unit: "binary-ascii" }),
);
const plain = fc.record({
  start,
  lines: fc.constant<string[]>([]),
  body,
  length: fc.constant(null),
});
const odd = fc.record({
  start,
  lines: fc.array(line, { maxLength: 3 }),
  body,
  length: fc.option(fc.nat(14), { freq: 2 }),
});
const call = fc.oneof(plain, odd).map(({ start, lines, body, length }) => {
  const said = `Content-Length: ${length ?? body.length}`;
  return [start, "Host: a", ...lines, said, "", body].join("\r\n");
});
const sent = fc
  .record({
    calls: fc.array(call, { minLength: 1, maxLength: 3 }),
    areApart: fc.boolean(),
    changed: fc.option(fc.record({ at: fc.nat(400), away: fc.nat(2), put: piece }), { freq: 2 }),
    cuts: fc.array(fc.nat(400), { maxLength: 2 }),
  })
  .map(({ calls, areApart, changed, cuts }) => {
    let whole = calls.join("");
    // Where a call ends another may begin in a piece of its own.
    const ends = calls.map((_, n) => calls.slice(0, n + 1).join("").length);
    if (changed) {
      const at = changed.at % whole.length;
      whole = whole.slice(0, at) + changed.put + whole.slice(at + changed.away);
    }
    const places = [...(areApart ? ends : []), ...cuts.map((cut) => cut % whole.length)];
    const from = [0, ...places.sort((a, b) => a - b)];
    return from
      .map((place, n) => whole.slice(place, from[n + 1] ?? whole.length))
      .filter((part) => part !== "");
  });

test("of whatever arrives the same calls are understood as by Node.js alone", async () => {
  await fc.assert(
    fc.asyncProperty(sent, async (pieces) => {
      const ours = await ways.ours.understand(pieces);
      expect(ours).toEqual(await ways.nodes.understand(pieces));
    }),
    { numRuns: 500 },
  );
  expect(ways.ours.direct).toBeGreaterThan(50);
});
