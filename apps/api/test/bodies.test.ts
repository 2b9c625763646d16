import { Agent, request as httpRequest } from "node:http";
import { connect } from "node:net";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { collectGarbage } from "../../../test/collect-garbage.ts";
import type { Client } from "./client.ts";
import { password, startTestServer, type TestServer } from "./harness.ts";

let server: TestServer;
let client: Client & { email: string };
beforeAll(async () => {
  server = await startTestServer();
  client = await server.member();
});
afterAll(() => server.stop());

type Seen = { status: number; reason: string | undefined; bytes: number };

/** Posts raw bytes; `chunked` leaves the length out. */
function post(
  path: string,
  body: string | Buffer,
  { chunked = false, encoding = "", agent = undefined as Agent | false | undefined } = {},
): Promise<Seen> {
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest(`${server.url}/trpc/${path}`, {
      method: "POST",
      agent,
      headers: {
        "content-type": "application/json",
        origin: server.url,
        ...(encoding ? { "content-encoding": encoding } : {}),
        // A sign-in that brought the cookie would end its session.
        ...(path === "auth.signIn" ? {} : { cookie: client.cookie }),
        ...(chunked
          ? { "transfer-encoding": "chunked" }
          : { "content-length": Buffer.byteLength(body) }),
      },
    });
    outgoing.on("error", reject);
    outgoing.on("response", async (response) => {
      let text = "";
      for await (const part of response.setEncoding("utf8")) text += part;
      const parsed = JSON.parse(text);
      const first = Array.isArray(parsed) ? parsed[0] : parsed;
      const reason = first.error?.data.reason;
      resolve({ status: response.statusCode ?? 0, reason, bytes: Buffer.byteLength(text) });
    });
    outgoing.end(body);
  });
}

/** A valid input of exactly so many bytes. */
const padded = (input: object, bytes: number) => {
  const text = JSON.stringify(input);
  return text + " ".repeat(bytes - text.length);
};
const signIn = () => ({ email: client.email, password });
const tooLarge = { status: 413, reason: "body_too_large" };

describe("a body", () => {
  test.each([false, true])("of a sign-in may have 4 KiB, chunked: %s", async (chunked) => {
    expect((await post("auth.signIn", padded(signIn(), 4096), { chunked })).status).toBe(200);
    const over = await post("auth.signIn", padded(signIn(), 4097), { chunked });
    expect(over).toMatchObject(tooLarge);
  });

  test.each([false, true])("of any other call may have 64 KiB, chunked: %s", async (chunked) => {
    const input = { name: "agent" };
    expect((await post("agents.create", padded(input, 65_536), { chunked })).status).toBe(200);
    const over = await post("agents.create", padded(input, 65_537), { chunked });
    expect(over).toMatchObject(tooLarge);
  });

  test.each([false, true])("of 30 MB is answered and not kept, chunked: %s", async (chunked) => {
    collectGarbage();
    const before = process.memoryUsage().arrayBuffers;
    const bodies = Array.from({ length: 4 }, () => post("agents.create", huge, { chunked }));
    for (const answer of await Promise.all(bodies)) expect(answer).toMatchObject(tooLarge);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(60_000_000);
  });
  const huge = Buffer.alloc(30_000_000, " ");

  test.each([false, true])("too large holds up nothing behind it, chunked: %s", async (chunked) => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    try {
      const body = Buffer.alloc(300_000, " ");
      for (let time = 0; time < 3; time += 1)
        expect(await post("agents.create", body, { chunked, agent })).toMatchObject(tooLarge);
      expect((await post("agents.create", '{"name":"a"}', { agent })).status).toBe(200);
    } finally {
      agent.destroy();
    }
  });

  test("too large is answered to who writes all of it before reading", async () => {
    const { port, hostname } = new URL(server.url);
    const socket = connect(Number(port), hostname);
    const write = (bytes: string | Buffer) =>
      new Promise<void>((resolve, reject) =>
        socket.write(bytes, (error) => (error ? reject(error) : resolve())),
      );
    let answer = "";
    socket.setEncoding("utf8").on("data", (part) => {
      answer += part;
    });
    const closed = new Promise((resolve) => socket.once("close", resolve));
    const lines = ["POST /trpc/agents.create HTTP/1.1", `Host: ${hostname}:${port}`];
    lines.push("Content-Type: application/json", `Cookie: ${client.cookie}`);
    lines.push(`Origin: ${server.url}`, `Content-Length: ${huge.length}`, "Connection: close");
    await write(`${lines.join("\r\n")}\r\n\r\n`);
    for (let at = 0; at < huge.length; at += 100_000) await write(huge.subarray(at, at + 100_000));
    await closed;
    expect(answer).toMatch(/^HTTP\/1\.1 413 .*"reason":"body_too_large"/s);
  });

  test("of a batch is limited for each call of it", async () => {
    const batch = (size: number) =>
      JSON.stringify({ 0: { ...signIn(), note: "x".repeat(size) }, 1: { name: "agent" } });
    const path = "auth.signIn,agents.create?batch=1";
    const refused = await post(path, batch(5000));
    expect([refused.status, refused.reason]).toEqual([207, "body_too_large"]);
    expect(await post(path, batch(70_000))).toMatchObject(tooLarge);
  });

  test("that says it is compressed is refused, even where it is not", async () => {
    const refused = { status: 415, reason: "unsupported_content_type" };
    for (const [body, encoding] of [
      [gzipSync('{"name":"a"}'), "gzip"],
      ['{"name":"a"}', "gzip"],
      ['{"name":"a"}', "br, identity"],
    ] as const) {
      expect(await post("agents.create", body, { encoding })).toMatchObject(refused);
    }
    const plain = await post("agents.create", '{"name":"a"}', { encoding: "identity" });
    expect(plain.status).toBe(200);
  });

  test("cut off in the middle harms nothing", async () => {
    const { port, hostname } = new URL(server.url);
    const lines = ["POST /trpc/agents.create HTTP/1.1", `Host: ${hostname}:${port}`];
    const head = [...lines, "Content-Type: application/json", "Content-Length: 500", "", '{"na'];
    const socket = connect(Number(port), hostname);
    await new Promise<void>((resolve) => socket.write(head.join("\r\n"), () => resolve()));
    socket.destroy();
    expect((await client.query("auth.me")).status).toBe(200);
  });

  const malformed: [string, string | Buffer][] = [
    ["half an object", '{"name":'],
    ["two values", '{"name":"a"} {"name":"b"}'],
    ["a comma too many", '{"name":"a",}'],
    ["single quotes", "{'name':'a'}"],
    ["NaN", '{"name":NaN}'],
    ["a raw control character", '{"name":"a\u0000"}'],
    ["bytes that are not UTF-8", Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d])],
    ["an overlong encoding", Buffer.from([0x22, 0xc0, 0xaf, 0x22])],
    ["a lone surrogate in UTF-8", Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22])],
    ["UTF-16", Buffer.from('\ufeff{"name":"a"}', "utf16le")],
    ["a byte order mark", '\ufeff{"name":"a"}'],
    ["only blanks", "   "],
  ];
  test.each(malformed)("of %s is 400 and no JSON", async (_, body) => {
    expect(await post("agents.create", body)).toMatchObject({
      status: 400,
      reason: "invalid_json",
    });
  });

  const wrong: [string, string][] = [
    ["an array", '[{"name":"a"}]'],
    ["null", "null"],
    ["a number", "7"],
    ["a text", '"name"'],
    ["true", "true"],
    ["nothing", ""],
    ["an unknown field", '{"name":"a","admin":true}'],
    ["a field of every object", '{"name":"a","__proto__":{"admin":true}}'],
    ["a constructor", '{"name":"a","constructor":{"prototype":{}}}'],
    ["an object for a text", '{"name":{"toString":"x"}}'],
    ["a lone surrogate", '{"name":"\\ud800"}'],
    ["U+0000", '{"name":"a\\u0000b"}'],
    ["a text too long", JSON.stringify({ name: "x".repeat(101) })],
    ["only blanks for a name", '{"name":"   "}'],
    ["depth 30,000", `{"name":${"[".repeat(30_000)}${"]".repeat(30_000)}}`],
  ];
  test.each(wrong)("with %s is 400 and invalid input", async (_, body) => {
    const seen = await post("agents.create", body);
    expect(seen).toMatchObject({ status: 400, reason: "invalid_input" });
    const batched = body === "" ? "{}" : `{"0":${body}}`;
    const inBatch = await post("agents.create?batch=1", batched);
    expect(inBatch).toMatchObject({ status: 400, reason: "invalid_input" });
  });

  test("nothing of it reaches the prototype of all objects", () => {
    expect(({} as { admin?: boolean }).admin).toBeUndefined();
  });

  test.each(["auth.signOut", "sessions.revokeOthers"])(
    "of %s, which takes no fields, may be absent or empty and nothing else",
    async (path) => {
      const other = await server.signIn(client.email);
      for (const input of [{ x: 1 }, [], null, 7, "x"])
        expect((await other.mutate(path, input)).status).toBe(400);
      expect((await other.mutate(path, {})).status).toBe(200);
    },
  );
});
