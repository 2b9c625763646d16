import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import { type AddressInfo, connect } from "node:net";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readWholeCall } from "./whole-call.ts";

const requestLine = "POST /a HTTP/1.1\r\n";
const read = (text: string) =>
  readWholeCall(Buffer.from(text, "latin1"), Buffer.from(requestLine, "latin1"));
const call = (lines: readonly string[], body: string) =>
  `${requestLine}${lines.map((line) => `${line}\r\n`).join("")}\r\n${body}`;
const plain = ["Host: a", "content-length: 2"];

test("a whole call is its headers, by names in lower case, and its body", () => {
  const lines = ["Host: a.example", "Content-Length: 4", "x-A: b: c\t", "Connection: Keep-Alive"];
  expect(read(call(lines, "{}\r\n"))).toBeNull();
  lines[2] = "x-A: b: c";
  const { headers, body } = read(call(lines, "{}\r\n")) ?? {};
  expect({ ...headers }).toEqual({
    host: "a.example",
    "content-length": "4",
    "x-a": "b: c",
    connection: "Keep-Alive",
  });
  expect(body?.toString()).toBe("{}\r\n");
});

test.each<[string, string]>([
  ["another method", call(plain, "{}").replace("POST", "PUT ")],
  ["another path", call(plain, "{}").replace("/a", "/b")],
  ["another version", call(plain, "{}").replace("1.1", "1.0")],
  ["no head", requestLine],
  ["no end of the head", call(plain, "").slice(0, -2)],
  ["an end of the head without lines", `${requestLine}\r\n`],
  ["a body that has more to come", call(plain, "{")],
  ["a second call behind it", call(plain, "{}") + call(plain, "{}")],
  ["no length", call(["Host: a"], "")],
  ["no body", call(["Host: a", "content-length: 0"], "")],
  ["a length with a sign", call(["Host: a", "content-length: +2"], "{}")],
  ["a length with zeros", call(["Host: a", "content-length: 02"], "{}")],
  ["two lengths", call([...plain, "content-length: 2"], "{}")],
  ["no host", call(["content-length: 2"], "{}")],
  ["two hosts", call([...plain, "host: b"], "{}")],
  ["a header twice", call([...plain, "x: 1", "X: 2"], "{}")],
  ["chunks", call([...plain, "Transfer-Encoding: chunked"], "{}")],
  ["a compressed body", call([...plain, "content-encoding: gzip"], "{}")],
  ["a connection that ends", call([...plain, "connection: close"], "{}")],
  ["a connection that becomes another", call([...plain, "upgrade: h2c"], "{}")],
  ["who waits for leave to go on", call([...plain, "expect: 100-continue"], "{}")],
  ["a cookie", call([...plain, "cookie: a=b"], "{}")],
  ["a page's origin", call([...plain, "origin: https://a"], "{}")],
  ["a line that goes on", call([...plain, "x: 1", " 2"], "{}")],
  ["a space before the colon", call([...plain, "x : 1"], "{}")],
  ["no space after it", call([...plain, "x:1"], "{}")],
  ["two spaces after it", call([...plain, "x:  1"], "{}")],
  ["a space at the end", call([...plain, "x: 1 "], "{}")],
  ["no value", call([...plain, "x: "], "{}")],
  ["a control character", call([...plain, "x: \u0001"], "{}")],
  ["a character that is not ASCII", call([...plain, "x: é"], "{}")],
  ["a bare line feed", call([...plain, "x: 1\ny: 2"], "{}")],
  ["a bare carriage return", call([...plain, "x: 1\ry: 2"], "{}")],
  ["a name that needs a second thought", call([...plain, "x_y: 1"], "{}")],
  ["a head of more than 8 KiB", call([...plain, `x: ${"1".repeat(8192)}`], "{}")],
  ["more than 64 KiB", call(["Host: a", "content-length: 65536"], "1".repeat(65_536))],
])("%s is left to Node.js", (_name, text) => {
  expect(read(text)).toBeNull();
});

type Understood = { headers: IncomingMessage["headers"]; body: string; url: string };
let understood: Understood[] = [];
const server = createServer(async (request, response) => {
  const body = Buffer.concat(await request.toArray()).toString("latin1");
  understood.push({ headers: request.headers, body, url: `${request.method} ${request.url}` });
  response.end();
});
beforeAll(async () => {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
});
afterAll(() => {
  server.close();
  server.closeAllConnections();
});

/** What `node:http` understands of bytes after which nothing follows. */
async function asNode(text: string): Promise<Understood[]> {
  understood = [];
  const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
  socket.on("error", () => {});
  socket.end(Buffer.from(text, "latin1"));
  await once(socket.resume(), "close");
  return understood;
}

test("what is read as a whole call is one to Node.js, too, and the same", async () => {
  const piece = fc.constantFrom(..."\r\n\t :,;-_aZ09\0é", "\r\n", "\r\n\r\n", "0\r\n\r\n");
  const name = fc.constantFrom("x", "X-Y", "a", "Accept", "User-Agent", "te", "Connection");
  const value = fc.oneof(
    { weight: 3, arbitrary: fc.stringMatching(/^[!-~]{1,8}$/) },
    fc.string({ maxLength: 8 }),
    fc.constantFrom("keep-alive", "close", "2"),
  );
  const line = fc.tuple(name, value).map(([key, text]) => `${key}: ${text}`);
  const text = fc
    .record({
      lines: fc.array(line, { maxLength: 3 }),
      body: fc.string({ minLength: 1, maxLength: 12 }),
      length: fc.option(fc.nat(14), { freq: 1 }),
      cut: fc.option(fc.record({ at: fc.nat(120), away: fc.nat(2), put: piece }), { freq: 1 }),
    })
    .map(({ lines, body, length, cut }) => {
      const size = length ?? Buffer.byteLength(body, "latin1");
      const whole = call(["Host: a", ...lines, `Content-Length: ${size}`], body);
      if (!cut) return whole;
      const at = cut.at % whole.length;
      return whole.slice(0, at) + cut.put + whole.slice(at + cut.away);
    });
  let whole = 0;
  await fc.assert(
    fc.asyncProperty(text, async (sent) => {
      const ours = read(sent);
      if (!ours) return;
      whole += 1;
      const [theirs, ...more] = await asNode(sent);
      expect(more).toEqual([]);
      expect(theirs?.url).toBe("POST /a");
      expect(theirs?.body).toBe(ours.body.toString("latin1"));
      expect(theirs?.headers).toEqual({ ...ours.headers });
    }),
    { numRuns: 600 },
  );
  expect(whole).toBeGreaterThan(50);
});
