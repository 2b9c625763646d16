import { EventEmitter } from "node:events";
import { type IncomingMessage, request, type ServerResponse } from "node:http";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { roomBytes, roomFor } from "../src/http/body-room.ts";
import { longHeads } from "../src/http/long-heads.ts";
import { createClock } from "./clock.ts";
import { must, startTestServer, type TestServer } from "./harness.ts";

let server: TestServer;
const clock = createClock();
beforeAll(async () => {
  server = await startTestServer({ now: clock.now });
});
afterAll(() => server.stop());

type Headers = Record<string, string>;

/** Sends the head and the first bytes of a call; `finish` sends the rest and gives the status. */
async function begin(path: string, body: string, headers: Headers, firstBytes = 3) {
  const length = String(Buffer.byteLength(body));
  const call = request(`${server.url}${path}`, {
    method: "POST",
    headers: { "content-type": "application/json", "content-length": length, ...headers },
  });
  const answer = new Promise<IncomingMessage>((resolve, reject) => {
    call.on("error", reject);
    call.on("response", (response) => resolve(response.resume()));
  });
  const sent = new Promise((resolve) => call.write(body.slice(0, firstBytes), resolve));
  return {
    answer,
    sent,
    async finish() {
      call.end(body.slice(firstBytes));
      return (await answer).statusCode;
    },
  };
}

/** Until the server has looked at who calls: it reads the head within this. */
const identified = () => new Promise((resolve) => setTimeout(resolve, 300));

const cookieOf = ({ cookie }: { cookie: string }) => ({ cookie, origin: server.url });
const events = `{"events":[{"type":"slow.body"}]}`;

test("a key that is revoked while its body is on its way stores nothing", async () => {
  const member = await server.member();
  const { id, key } = await server.apiKey(member);
  const authorization = { authorization: `Bearer ${key}` };
  const calls = [
    await begin("/api/v1/events", events, authorization),
    await begin("/trpc/events.ingest", events, authorization),
    await begin("/trpc/events.ingest?batch=1", `{"0":${events}}`, authorization),
  ];
  await identified();
  must(await member.mutate("apiKeys.revoke", { id }));
  expect(await Promise.all(calls.map((call) => call.finish()))).toEqual([401, 401, 401]);
  expect(must(await member.query("events.search")).items).toEqual([]);
});

test("a session that ends while a body is on its way changes nothing", async () => {
  const member = await server.member();
  const call = await begin("/trpc/agents.create", `{"name":"late"}`, cookieOf(member));
  await identified();
  must(await member.mutate("auth.signOut"));
  expect(await call.finish()).toBe(401);
});

test("an administrator who is disabled or demoted while a body is on its way changes nothing", async () => {
  const first = await server.admin();
  const accomplice = must(await (await server.member()).query("auth.me"));
  for (const procedure of ["users.disable", "users.setRole"]) {
    const second = await server.user("admin");
    const { id } = must(await second.query("auth.me"));
    const body = JSON.stringify({ id: accomplice.id, role: "admin" });
    const call = await begin("/trpc/users.setRole", body, cookieOf(second));
    await identified();
    must(
      await first.mutate(
        procedure,
        procedure === "users.disable" ? { id } : { id, role: "member" },
      ),
    );
    expect(await call.finish()).toBe(401);
  }
  const { role } = must(await first.query("users.get", { id: accomplice.id }));
  expect(role).toBe("member");
});

test("a body that took its time is accepted from whoever still may send it", async () => {
  const { key } = await server.apiKey(await server.member());
  const call = await begin("/api/v1/events", events, { authorization: `Bearer ${key}` });
  await identified();
  expect(await call.finish()).toBe(200);
});

/** Takes the room for bodies but for so many bytes, until it is freed, as others would. */
function leaveRoom(bytes: number): () => void {
  const others = Object.assign(new EventEmitter(), { closed: false });
  roomFor(others as ServerResponse, { id: "others", isUser: true })(roomBytes - bytes);
  return () => void others.emit("close");
}

const large = events.padEnd(10_000_000);
async function makeLargeSender() {
  const { key } = await server.apiKey(await server.member());
  const authorization = { authorization: `Bearer ${key}` };
  return {
    large: () => begin("/api/v1/events", large, authorization, large.length - 1),
    small: () => begin("/api/v1/events", events, authorization),
  };
}

test("bodies that come slowly are bounded together, and leave room for small ones", async () => {
  const senders = [await makeLargeSender(), await makeLargeSender()] as const;
  // Room is left for one of them, and for the first part of as many as come.
  const free = leaveRoom(15_000_000);
  const calls = await Promise.all(senders.map((sender) => sender.large()));
  const refused = await Promise.race(calls.map((call) => call.answer.then(() => call)));
  const { statusCode, headers } = await refused.answer;
  expect([statusCode, headers["retry-after"]]).toEqual([503, "1"]);
  const small = await senders[0].small();
  expect(await small.finish()).toBe(200);
  for (const call of calls) if (call !== refused) expect(await call.finish()).toBe(200);
  // What was answered has given its room back.
  const again = await senders[0].large();
  expect(await again.finish()).toBe(200);
  free();
});

test("the bodies of one user leave room for those of another", async () => {
  const [one, other] = [await makeLargeSender(), await makeLargeSender()];
  const free = leaveRoom(25_000_000);
  const calls = await Promise.all([one.large(), one.large()]);
  const refused = await Promise.race(calls.map((call) => call.answer.then(() => call)));
  expect((await refused.answer).statusCode).toBe(503);
  const another = await other.large();
  expect(await another.finish()).toBe(200);
  for (const call of calls) if (call !== refused) expect(await call.finish()).toBe(200);
  free();
});

test("whoever is not signed in takes no room of those who are, however small the pieces", async () => {
  const { hostname, port } = new URL(server.url);
  const head = [
    "POST /trpc/auth.signIn HTTP/1.1",
    `host: ${hostname}:${port}`,
    `origin: ${server.url}`,
    "content-type: application/json",
    "transfer-encoding: chunked",
  ];
  const begun = `${head.join("\r\n")}\r\n\r\n${"1\r\n \r\n".repeat(4000)}`;
  const sockets = await Promise.all(
    Array.from({ length: 70 }, async () => {
      const socket = connect(Number(port), hostname);
      await new Promise((resolve) => socket.write(begun, resolve));
      return socket;
    }),
  );
  await identified();
  const sender = await makeLargeSender();
  const call = await sender.large();
  expect(await call.finish()).toBe(200);
  for (const socket of sockets) socket.destroy();
});

describe("calls that wait behind another of their connection", () => {
  const lines = (...head: string[]) => `${head.join("\r\n")}\r\n\r\n`;
  const tailOf = ({ cookie }: { cookie: string }) =>
    lines(
      "GET /trpc/events.tail HTTP/1.1",
      `host: ${new URL(server.url).host}`,
      `cookie: ${cookie}`,
    );
  function dial() {
    const { hostname, port } = new URL(server.url);
    const socket = connect(Number(port), hostname).setEncoding("utf8");
    let text = "";
    socket.on("data", (part: string) => {
      text += part;
    });
    return { socket, text: () => text };
  }

  test("give their room back when they are answered, and when their caller has gone", async () => {
    const member = await server.member();
    const { key } = await server.apiKey(member);
    const post = lines(
      ...["POST /api/v1/events HTTP/1.1", `host: ${new URL(server.url).host}`],
      ...[`authorization: Bearer ${key}`, "content-type: application/json"],
      `content-length: ${large.length}`,
    );
    const free = leaveRoom(15_000_000);
    const another = await makeLargeSender();
    const { socket, text } = dial();
    socket.write(tailOf(member) + post + large);
    await expect.poll(async () => must(await member.query("events.search")).items).toHaveLength(1);
    expect(await (await another.large()).finish()).toBe(200);
    // Half a body, and then nothing.
    socket.write(post + large.slice(0, 9_000_000));
    await expect.poll(() => socket.writableLength).toBe(0);
    await identified();
    socket.destroy();
    expect(text()).toContain("event: connected");
    expect(text()).not.toContain("batchId");
    expect(await (await another.large()).finish()).toBe(200);
    free();
  });

  test("end with their connection", async () => {
    const { tails } = server.deps;
    const { follow } = tails;
    let [followed, released] = [0, 0];
    tails.follow = (userId) => {
      const follower = follow(userId);
      followed += 1;
      let isReleased = false;
      const release = () => {
        if (!isReleased) released += 1;
        isReleased = true;
        follower.release();
      };
      return { ...follower, release };
    };
    const member = await server.member();
    const { socket } = dial();
    socket.write(tailOf(member).repeat(3));
    await expect.poll(() => followed).toBe(3);
    socket.destroy();
    await expect.poll(() => released).toBe(3);
    tails.follow = follow;
  });
});

test("heads are long on some connections only", async () => {
  const { hostname, port } = new URL(server.url);
  let told = "";
  /** The status of a call over a connection of its own. */
  const get = (path: string) =>
    new Promise((resolve, reject) => {
      const call = request(`${server.url}${path}`, { agent: false }, async (response) => {
        told = await text(response);
        resolve(response.statusCode);
      });
      call.on("error", reject).end();
    });
  const search = () => get(`/api/v1/events?query=${"x".repeat(20_000)}`);
  expect(await search()).toBe(401);
  const sockets = await Promise.all(
    Array.from({ length: longHeads }, async () => {
      const socket = connect(Number(port), hostname);
      await new Promise((resolve) => socket.write("GET /", resolve));
      return socket;
    }),
  );
  await identified();
  expect(await search()).toBe(431);
  expect(JSON.parse(told).error).toMatchObject({ reason: "invalid_input" });
  expect(JSON.parse(told).error.message).toMatch(/query.* 16 KiB/);
  expect(await get("/healthz")).toBe(200);
  for (const socket of sockets) socket.destroy();
  await expect.poll(search).toBe(401);
});

test("what reaches a deleted user's events at the last moment is deleted by a second look", async () => {
  const admin = await server.admin();
  const member = await server.member();
  const { id } = must(await member.query("auth.me"));
  must(await admin.mutate("users.delete", { id }));
  const jobs = () =>
    server.owner`select run_at > now() as later from jobs where queue = 'delete-user-events'`;
  await expect.poll(jobs).toEqual([{ later: true }]);
  await server.owner`
    insert into agent_counters
      (user_id, agent_id, api_key_id, batches, sent, accepted, duplicates, rejected, last_received_at)
    values (${id}, gen_random_uuid(), gen_random_uuid(), 1, 1, 1, 0, 0, now())`;
  clock.advance(61);
  await expect.poll(jobs).toEqual([]);
  expect(await server.owner`select 1 from agent_counters where user_id = ${id}`).toEqual([]);
});
