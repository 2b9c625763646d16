import { EventEmitter } from "node:events";
import { type IncomingMessage, request, type ServerResponse } from "node:http";
import { afterAll, beforeAll, expect, test } from "vitest";
import { roomBytes, roomFor } from "../src/http/body-room.ts";
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

test("bodies that come slowly are bounded together, and leave room for small ones", async () => {
  const authorization = {
    authorization: `Bearer ${(await server.apiKey(await server.member())).key}`,
  };
  const large = events.padEnd(10_000_000);
  const beginLarge = () => begin("/api/v1/events", large, authorization, large.length - 1);
  // Room is left for one of them, and for the first part of as many as come.
  const others = Object.assign(new EventEmitter(), { closed: false });
  roomFor(others as ServerResponse)(Buffer.alloc(roomBytes - 15_000_000));
  const calls = await Promise.all([beginLarge(), beginLarge()]);
  const refused = await Promise.race(calls.map((call) => call.answer.then(() => call)));
  const { statusCode, headers } = await refused.answer;
  expect([statusCode, headers["retry-after"]]).toEqual([503, "1"]);
  const small = await begin("/api/v1/events", events, authorization);
  expect(await small.finish()).toBe(200);
  for (const call of calls) if (call !== refused) expect(await call.finish()).toBe(200);
  // What was answered has given its room back.
  const again = await beginLarge();
  expect(await again.finish()).toBe(200);
  others.emit("close");
});

test("what reaches a deleted user's events at the last moment is deleted by a second look", async () => {
  const admin = await server.admin();
  const member = await server.member();
  const { id } = must(await member.query("auth.me"));
  must(await admin.mutate("users.delete", { id }));
  const jobs = () =>
    server.owner`select run_at > now() as later from jobs where queue = 'delete-user-events'`;
  await expect.poll(jobs, { timeout: 10_000 }).toEqual([{ later: true }]);
  await server.owner`
    insert into agent_counters
      (user_id, agent_id, api_key_id, batches, sent, accepted, duplicates, rejected, last_received_at)
    values (${id}, gen_random_uuid(), gen_random_uuid(), 1, 1, 1, 0, 0, now())`;
  clock.advance(61);
  await expect.poll(jobs, { timeout: 10_000 }).toEqual([]);
  expect(await server.owner`select 1 from agent_counters where user_id = ${id}`).toEqual([]);
});
