import { createServer, type RequestListener } from "node:http";
import { createServer as createTcpServer, type Server as TcpServer } from "node:net";
import { afterEach, describe, expect, test, vi } from "vitest";
import { freePort } from "../../../../test/free-port.ts";
import { startDnsServer } from "../../test/dns-server.ts";
import { createEgress } from "./egress.ts";

const stops: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  vi.unstubAllEnvs();
  await Promise.all(stops.splice(0).map((stop) => stop()));
});

async function listen(server: TcpServer, host: string, at = 0) {
  await new Promise<void>((resolve) => server.listen(at, host, resolve));
  stops.push(() => new Promise((resolve) => server.close(resolve)));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

/** A receiver that tells what reached it. */
async function receiver(answer: RequestListener, host = "127.0.0.1", at = 0) {
  const reached: string[] = [];
  const server = createServer((request, response) => {
    reached.push(`${request.method} ${request.url} ${request.headers.host}`);
    answer(request, response);
  });
  return { port: await listen(server, host, at), reached };
}
async function dns(...answers: string[]) {
  const server = await startDnsServer(answers);
  stops.push(server.stop);
  return server;
}
const ok: RequestListener = (_request, response) => response.end("ok");
const request = {
  method: "POST",
  body: "{}",
  timeoutMilliseconds: 20_000,
  maxBodyBytes: 100,
} as const;
const refused = { reason: "url_not_allowed" };
const loopback = ["127.0.0.1"];

test("sends to what is allowed, whatever proxies the environment names", async () => {
  const { port, reached } = await receiver(ok);
  vi.stubEnv("HTTP_PROXY", "http://127.0.0.1:9");
  vi.stubEnv("http_proxy", "http://127.0.0.1:9");
  vi.stubEnv("NODE_USE_ENV_PROXY", "1");
  const url = `http://127.0.0.1:${port}/a?b=c`;
  const answer = await createEgress(loopback).send({ ...request, url });
  expect(answer).toMatchObject({ status: 200, body: "ok", truncated: false });
  expect(reached).toEqual([`POST /a?b=c 127.0.0.1:${port}`]);
});

test.each(["127.0.0.1", "localhost", "[::1]", "127.0.0.2", "0.0.0.0", "169.254.169.254"])(
  "never reaches %s by itself, neither on save nor on send",
  async (host) => {
    const { port, reached } = await receiver(ok);
    const url = `http://${host}:${port}/`;
    const egress = createEgress([]);
    await expect(egress.check(url)).rejects.toMatchObject(refused);
    await expect(egress.send({ ...request, url })).rejects.toMatchObject(refused);
    expect(reached).toEqual([]);
  },
);

test("a name that was public when it was saved is looked at again when something is sent", async () => {
  const { port, reached } = await receiver(ok);
  const names = await dns("93.184.216.34", "127.0.0.1");
  const egress = createEgress([], names.resolve);
  const url = `http://hooks.example.com:${port}/`;
  await egress.check(url);
  await expect(egress.send({ ...request, url })).rejects.toMatchObject(refused);
  expect([names.asked(), reached]).toEqual([2, []]);
});

test("a name is looked up once per request, and what was judged is what is connected to", async () => {
  const judged = await receiver(ok);
  const other = await receiver(ok, "127.0.0.2", judged.port);
  const names = await dns("127.0.0.1", "127.0.0.2");
  const url = `http://hooks.example.com:${judged.port}/`;
  await createEgress(loopback, names.resolve).send({ ...request, url });
  expect(names.asked()).toBe(1);
  expect(judged.reached).toEqual([`POST / hooks.example.com:${judged.port}`]);
  expect(other.reached).toEqual([]);
});

test("a name with one address that is not allowed is refused whole", async () => {
  const { port, reached } = await receiver(ok);
  const egress = createEgress(loopback, async () => ["127.0.0.1", "10.0.0.1"]);
  const url = `http://hooks.example.com:${port}/`;
  await expect(egress.send({ ...request, url })).rejects.toMatchObject(refused);
  expect(reached).toEqual([]);
});

test("the address at the other end of the socket is judged, not only the one that was dialled", async () => {
  const { port, reached } = await receiver(ok);
  // The system takes 0.0.0.0 for this machine, and connects to 127.0.0.1.
  const egress = createEgress(["0.0.0.0"]);
  const url = `http://0.0.0.0:${port}/`;
  await egress.check(url);
  await expect(egress.send({ ...request, url })).rejects.toMatchObject(refused);
  expect(reached).toEqual([]);
});

test.each([301, 302, 303, 307, 308])(
  "a redirect with %i is an answer, and not followed",
  async (status) => {
    const inner = await receiver(ok, "127.0.0.2");
    const { port } = await receiver((_request, response) => {
      response.writeHead(status, { location: `http://127.0.0.2:${inner.port}/` }).end();
    });
    const sent = createEgress(["127.0.0.0/8"]).send({
      ...request,
      url: `http://127.0.0.1:${port}/`,
    });
    expect(await sent).toMatchObject({ status });
    expect(inner.reached).toEqual([]);
  },
);

test("an answer without end is cut off, and one that says nothing is given up", async () => {
  const { port } = await receiver((_request, response) => {
    const more = () => response.write("x".repeat(65_536), () => response.destroyed || more());
    more();
  });
  const egress = createEgress(loopback);
  const answer = await egress.send({ ...request, url: `http://127.0.0.1:${port}/` });
  expect([answer.truncated, answer.body.length]).toEqual([true, 100]);
  const silent = await receiver(() => {});
  const slow = egress.send({
    ...request,
    timeoutMilliseconds: 200,
    url: `http://127.0.0.1:${silent.port}/`,
  });
  await expect(slow).rejects.toThrow("no complete answer within 0.2 s");
});

test("headers without end, and what is not HTTP, are errors", async () => {
  const { port } = await receiver((_request, response) => {
    response.writeHead(200, { "x-long": "x".repeat(15_000), "x-longer": "x".repeat(15_000) }).end();
  });
  const egress = createEgress(loopback);
  const long = egress.send({ ...request, url: `http://127.0.0.1:${port}/` });
  await expect(long).rejects.toThrow("headers of the answer are too large");
  const banner = createTcpServer((socket) => socket.resume().end("220 smtp.example ESMTP\r\n"));
  const other = await listen(banner, "127.0.0.1");
  const wrong = egress.send({ ...request, url: `http://127.0.0.1:${other}/` });
  await expect(wrong).rejects.toThrow("no valid HTTP");
});

test("a closed port and an unknown name are told in words that name no address", async () => {
  const port = await freePort();
  const egress = createEgress(loopback);
  const closed = egress.send({ ...request, url: `http://127.0.0.1:${port}/` });
  await expect(closed).rejects.toThrow(/^The connection was refused\.$/);
  const unknown = createEgress([], async () => {
    throw Object.assign(new Error("x"), { code: "ENOTFOUND" });
  });
  await expect(unknown.send({ ...request, url: "http://nowhere.example/" })).rejects.toThrow(
    /^The host cannot be found\.$/,
  );
});

test("a server whose certificate nobody vouches for gets no request", async () => {
  const plain = await receiver(ok);
  const url = `https://127.0.0.1:${plain.port}/`;
  await expect(createEgress(loopback).send({ ...request, url })).rejects.toThrow();
  expect(plain.reached).toEqual([]);
});

describe("an answer as it comes", () => {
  const open = (port: number, fields = {}, signal = new AbortController().signal) =>
    createEgress(loopback).open(
      { ...request, url: `http://127.0.0.1:${port}/`, ...fields },
      signal,
    );
  const textOf = async (body: AsyncGenerator<Buffer>) => {
    let text = "";
    for await (const piece of body) text += piece;
    return text;
  };

  test("has its status and headers before its end, and leads nowhere else", async () => {
    const { port, reached } = await receiver((_request, response) => {
      response.writeHead(302, { location: "/elsewhere" }).end("moved");
    });
    const { status, headers, body } = await open(port);
    expect([status, headers.location, await textOf(body)]).toEqual([302, "/elsewhere", "moved"]);
    expect(reached).toHaveLength(1);
  });

  test("ends at its bound, and with it the connection", async () => {
    let isClosed = false;
    const { port } = await receiver((_request, response) => {
      response.on("close", () => {
        isClosed = true;
      });
      const more = () => {
        while (!response.closed && response.write("z".repeat(65_536)));
        if (!response.closed) response.once("drain", more);
      };
      more();
    });
    const { body } = await open(port, { maxBodyBytes: 1_000_000 });
    await expect(textOf(body)).rejects.toThrow("The answer is too large.");
    await expect.poll(() => isClosed).toBe(true);
  });

  test("ends when nobody waits for it any more", async () => {
    const { port } = await receiver((_request, response) => {
      response.writeHead(200).write("begin");
    });
    const leaving = new AbortController();
    const { body } = await open(port, {}, leaving.signal);
    expect(String((await body.next()).value)).toBe("begin");
    leaving.abort();
    await expect(body.next()).rejects.toThrow();
  });

  test("comes from no address that may not be reached", async () => {
    const { port, reached } = await receiver(ok);
    const url = `http://127.0.0.1:${port}/`;
    const signal = new AbortController().signal;
    await expect(createEgress([]).open({ ...request, url }, signal)).rejects.toMatchObject(refused);
    expect(reached).toEqual([]);
  });
});
