import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readTail, readTailBounds } from "../src/features/events/read-tail.ts";
import { createClient } from "./client.ts";
import { createClock } from "./clock.ts";
import { bearer, listen, listenRaw } from "./events-listener.ts";
import { makeEvent, makeSender, searchAll, send } from "./events-sender.ts";
import { must, startTestServer, type TestServer } from "./harness.ts";

/** `bench/soak/tail.ts` asks for more. */
const disconnects = Number(process.env.TAIL_DISCONNECTS ?? 20);
const perSecond = Number(process.env.TAIL_PER_SECOND ?? 200);

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ env: { RATE_LIMIT_USER_MAX: "100000" } });
});
afterAll(() => server.stop());

/** A promise, and what resolves it. */
function signal(): [Promise<void>, () => void] {
  let resolve = () => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return [promise, () => resolve()];
}

/** Resolves when a tail may read all of a user's receipts: older transactions of other tests hold that back. */
async function untilComplete(userId: string): Promise<void> {
  const [last] = await server.owner`
    select position from receipts where user_id = ${userId}
    order by commit_xid desc, position desc limit 1`;
  const readable = async () => (await readTailBounds(server.deps.database, userId)).end.receipt;
  await expect.poll(readable).toBe(BigInt(last?.position));
}

const idsOf = (events: { id?: string }[]) => events.map(({ id }) => id);

describe("events.tail", () => {
  test("says where it begins before there is any event, and then sends each as search shows it", async () => {
    const { member, key } = await makeSender(server);
    const tail = await listen(server, bearer(key));
    await tail.until(1, "position");
    const sent = [makeEvent({ seq: 1, props: { a: 1 } }), makeEvent({ seq: 2 }, Date.UTC(2005, 1))];
    await send(server, key, sent);
    await tail.until(2);
    expect(idsOf(tail.events())).toEqual(idsOf(sent));
    expect(new Set(tail.messages.map(({ id }) => id)).size).toBe(3);
    const stored = await searchAll(member);
    expect(
      tail
        .events()
        .map((event) => JSON.stringify(event))
        .sort(),
    ).toEqual(stored.map((event) => JSON.stringify(event)).sort());
    await tail.close();
  });

  test("works for a session, sends only what passes, and nothing of other users", async () => {
    const { member, key } = await makeSender(server);
    const stranger = await makeSender(server);
    const tail = await listen(
      server,
      { cookie: member.cookie },
      { types: ["a.*"], levels: ["error"] },
    );
    await tail.until(1, "position");
    await send(server, stranger.key, [makeEvent({ type: "a.x", level: "error" })]);
    const passing = makeEvent({ type: "a.b", level: "error" });
    await send(server, key, [
      makeEvent({ type: "a.b" }),
      makeEvent({ type: "b", level: "error" }),
      passing,
    ]);
    await tail.until(1);
    await sleep(300);
    expect(idsOf(tail.events())).toEqual([passing.id]);
    await tail.close();
  });

  test("resumes behind any message, in the middle of a batch too", async () => {
    const { key } = await makeSender(server);
    const first = await listen(server, bearer(key));
    await first.until(1, "position");
    const sent = Array.from({ length: 10 }, (_, seq) => makeEvent({ seq }));
    await send(server, key, sent.slice(0, 6));
    await send(server, key, sent.slice(6));
    await first.until(10);
    await first.close();
    for (const [place, { id }] of first.messages.entries()) {
      const again = await listen(server, bearer(key), {}, id);
      await again.until(10 - place);
      await again.until(1, "position");
      expect(again.messages[0]).toEqual({ id, kind: "position" });
      expect(idsOf(again.events())).toEqual(idsOf(sent.slice(place)));
      await again.close();
    }
  });

  test("refuses a position that is malformed, of another cluster, or from the future", async () => {
    const { key } = await makeSender(server);
    const tail = await listen(server, bearer(key));
    await tail.until(1, "position");
    await tail.close();
    const [cluster = ""] = tail.messages[0]?.id.split(".") ?? [];
    const wrong = [
      "x",
      "1.2.3",
      `${cluster}.1.1.x`,
      `${Number(cluster.slice(0, 9))}.0.0.0`,
      `${cluster}.99999999999999999999.1.1`,
      `${cluster}.18446744073709551615.1.1`,
      `${cluster}.3.9999999999999999999.1`,
    ];
    for (const position of wrong) {
      const refused = await listen(server, bearer(key), {}, position);
      expect([position, refused.status]).toEqual([position, 400]);
      const body = await refused.response.json();
      expect(body).toMatchObject({ error: { data: { reason: "invalid_cursor" } } });
    }
    expect((await listen(server, bearer(key), { lastEventId: "x" })).status).toBe(400);
  });

  test("tells what was deleted before it was read, between the events that were not", async () => {
    const { key, userId } = await makeSender(server);
    const first = await listen(server, bearer(key));
    await first.until(1, "position");
    await first.close();
    const sent = Array.from({ length: 8 }, (_, seq) => makeEvent({ seq }));
    await send(server, key, sent.slice(0, 5));
    await send(server, key, sent.slice(5));
    const gone = [2, 3, 4, 5, 7].flatMap((at) => sent[at]?.id ?? []);
    await server.owner`delete from events where user_id = ${userId} and id in ${server.owner(gone)}`;
    await untilComplete(userId);
    const tail = await listen(server, bearer(key), {}, first.messages[0]?.id);
    await tail.until(3);
    await tail.until(2, "skipped");
    const said = tail.messages.slice(1).map(({ event, count }) => event?.id ?? count);
    expect(said).toEqual([...idsOf(sent.slice(0, 2)), 4, sent[6]?.id, 1]);
    // Resumed in the midst of them, it tells of the rest.
    const again = await listen(server, bearer(key), { levels: ["error"] }, tail.messages[2]?.id);
    await again.until(2, "skipped");
    expect(again.messages.slice(1).map(({ count }) => count)).toEqual([4, 1]);
    await again.close();
    await tail.close();
  });

  test("tells that something may be missing when the place to go on from is no longer kept", async () => {
    const { key, userId } = await makeSender(server);
    const first = await listen(server, bearer(key));
    await first.until(1, "position");
    await send(server, key, [makeEvent()]);
    await first.until(1);
    await first.close();
    await send(server, key, [makeEvent()]);
    await server.owner`delete from receipts where user_id = ${userId}`;
    const kept = makeEvent();
    await send(server, key, [kept]);
    const tail = await listen(server, bearer(key), {}, first.messages.at(-1)?.id);
    await tail.until(1);
    expect(tail.messages.map(({ kind, count }) => [kind, count])).toEqual([
      ["position", undefined],
      ["skipped", null],
      ["event", undefined],
    ]);
    // Told once: behind it stands the event alone.
    const again = await listen(server, bearer(key), {}, tail.messages[1]?.id);
    await again.until(1);
    expect(again.messages.map(({ kind }) => kind)).toEqual(["position", "event"]);
    await again.close();
    await tail.close();
  });

  test("holds little for a reader that stops reading, and tells it what was deleted meanwhile", async () => {
    const { key, userId } = await makeSender(server);
    const bulky = { text: randomBytes(15_000).toString("hex") };
    const tail = await listenRaw(server, bearer(key));
    await tail.until(/"kind":"position"/);
    tail.socket.pause();
    const sent: string[] = [];
    // More than the sockets of both ends take.
    for (let batch = 0; batch < 10; batch += 1) {
      const events = Array.from({ length: 30 }, (_, seq) => makeEvent({ seq, props: bulky }));
      expect((await send(server, key, events)).body.accepted).toBe(30);
      sent.push(...events.map(({ id }) => id));
    }
    await sleep(500);
    const deleted = await server.owner`
      delete from events where user_id = ${userId} and id in ${server.owner(sent.slice(-60))}`;
    expect(deleted.count).toBe(60);
    await send(server, key, [makeEvent({ type: "test.last" })]);
    tail.socket.resume();
    await tail.until(/test\.last/);
    expect(tail.text.match(/"kind":"event"/g)).toHaveLength(sent.length - 60 + 1);
    const counts = [...tail.text.matchAll(/"kind":"skipped","count":(\d+)/g)];
    expect(counts.reduce((sum, [, count]) => sum + Number(count), 0)).toBe(60);
    tail.socket.destroy();
  });

  test("reads no more at once than one reader may hold, in the midst of a batch too", async () => {
    const { key, userId } = await makeSender(server);
    const { database } = server.deps;
    let { end } = await readTailBounds(database, userId);
    const bulky = { text: "x".repeat(30_000) };
    const events = Array.from({ length: 30 }, (_, seq) => makeEvent({ seq, props: bulky }));
    await send(server, key, events);
    await send(server, key, [makeEvent({ seq: 30 })]);
    const seen: unknown[] = [];
    // Transactions of other tests may hold back what a tail takes to be complete.
    const readOn = async () => {
      const chunk = await readTail(database, userId, end);
      const bytes = chunk.items.map(({ event }) => JSON.stringify(event ?? "").length);
      expect(bytes.slice(0, -1).reduce((sum, one) => sum + one, 0)).toBeLessThan(65_536);
      seen.push(...chunk.items.map(({ event }) => event?.seq));
      end = chunk.end ?? end;
      return seen;
    };
    const all = Array.from({ length: 31 }, (_, seq) => seq);
    await expect.poll(readOn).toEqual(all);
    expect((await readTail(database, userId, end)).end).toBeNull();
  });

  test("is no part of a batch, which would never read it", async () => {
    const { key } = await makeSender(server);
    const paths = Array.from({ length: 10 }, () => "events.tail").join(",");
    const answer = await server.fetch(`/trpc/${paths}?batch=1`, { headers: bearer(key) });
    expect(answer.status).toBe(405);
  });

  test("ends when its key is revoked", async () => {
    const { member, key, id } = await makeSender(server);
    const tail = await listen(server, bearer(key));
    await tail.until(1, "position");
    await member.mutate("apiKeys.revoke", { id });
    await tail.done;
  });

  test(
    `loses nothing and repeats nothing over ${disconnects} disconnects at ${perSecond} events a second`,
    async () => {
      const { key } = await makeSender(server);
      const sent: string[] = [];
      const received: string[] = [];
      // A tail without a position begins now; what is sent before it has opened is not its to show.
      const opening = await listen(server, bearer(key));
      await opening.until(1, "position");
      await opening.close();
      let position = opening.messages[0]?.id;
      let sending = true;
      const begun = performance.now();
      const length = Math.ceil(perSecond / 40);
      const senders = [0, 1, 2, 3].map(async (agent) => {
        for (let seq = 0; sending; seq += 1) {
          const events = Array.from({ length }, () => makeEvent({ subject: `${agent}`, seq }));
          const { body } = await send(server, key, events);
          expect(body.accepted).toBe(length);
          sent.push(...events.map(({ id }) => id));
          await sleep(Math.max(0, begun + (seq + 1) * 100 - performance.now()));
        }
      });
      let seconds = 0;
      for (let connection = 0; connection <= disconnects; connection += 1) {
        const tail = await listen(server, bearer(key), {}, position);
        if (connection === disconnects) {
          // On a busy machine the senders need longer for their share.
          for (let wait = 0; sent.length <= 500 && wait < 400; wait += 1) await sleep(100);
          sending = false;
          seconds = (performance.now() - begun) / 1000;
          await Promise.all(senders);
          const missing = sent.length - received.length;
          if (missing > 0) await tail.until(missing);
          await sleep(300);
        } else await sleep(60 + 10 * (connection % 20));
        await tail.close();
        received.push(...tail.events().map(({ id }) => id));
        position = tail.messages.at(-1)?.id ?? position;
      }
      expect(sent.length).toBeGreaterThan(500);
      expect(new Set(received).size).toBe(received.length);
      expect([...received].sort()).toEqual([...sent].sort());
      const inOrder = await server.owner`
      select id from receipts, unnest(event_ids) with ordinality as i (id, n)
      where id = any(${received}) order by commit_xid, position, n`;
      expect(received).toEqual(inOrder.map(({ id }) => id));
      if (process.env.TAIL_REPORT) {
        const report = { events: sent.length, perSecond: sent.length / seconds };
        await writeFile(process.env.TAIL_REPORT, JSON.stringify(report));
      }
    },
    60_000 + disconnects * 2000,
  );

  test("brings what another node has stored", async () => {
    const other = await startTestServer({ besides: server });
    try {
      const { key } = await makeSender(server);
      const tail = await listen(server, bearer(key));
      await tail.until(1, "position");
      const sent = [makeEvent(), makeEvent()];
      expect((await send(other, key, sent)).body.accepted).toBe(2);
      expect((await send(server, key, sent)).body.duplicates).toBe(2);
      await tail.until(2);
      expect(idsOf(tail.events())).toEqual(idsOf(sent));
      const again = await listen(other, bearer(key), {}, tail.messages[1]?.id);
      await again.until(1);
      expect(idsOf(again.events())).toEqual([sent[1]?.id]);
      await again.close();
      await tail.close();
    } finally {
      await other.stop();
    }
  });

  test("keeps the order of commits while transactions overlap", async () => {
    const { key, userId, agentId, id } = await makeSender(server);
    const tail = await listen(server, bearer(key));
    await tail.until(1, "position");
    const late = makeEvent();
    const [begun, begin] = signal();
    const [committing, commit] = signal();
    const slow = server.owner.begin(async (sql) => {
      const batch = makeEvent().id;
      await sql`
        insert into events (user_id, id, agent_id, api_key_id, batch_id, type, level, occurred_at, received_at)
        values (${userId}, ${late.id}, ${agentId}, ${id}, ${batch}, 'late', 1, ${late.occurredAt}::text::timestamptz, now())`;
      await sql`
        insert into receipts (user_id, batch_id, event_ids, event_times)
        values (${userId}, ${batch}, array[${late.id}::uuid], array[${late.occurredAt}::text::timestamptz])`;
      begin();
      await committing;
    });
    await begun;
    const quick = makeEvent();
    await send(server, key, [quick]);
    await sleep(500);
    expect(tail.events()).toEqual([]);
    commit();
    await slow;
    await tail.until(2);
    expect(idsOf(tail.events())).toEqual([late.id, quick.id]);
    await tail.close();
  });

  test("keeps the order of commits while the server's clock is put back and forth", async () => {
    const clock = createClock();
    const node = await startTestServer({ besides: server, now: clock.now });
    try {
      const { key } = await makeSender(node);
      const tail = await listen(node, bearer(key));
      await tail.until(1, "position");
      const from = new Date(clock.now().getTime() - 7_200_000).toISOString();
      const [hour, day] = [3600, 86_400];
      for (const [place, seconds] of [0, -hour, hour, day, -day].entries()) {
        clock.advance(seconds);
        const event = { type: "clock.read", subject: `${place}` };
        expect((await send(node, key, [event])).body.accepted).toBe(1);
        await tail.until(place + 1);
      }
      const subjects = (events: { subject: string | null }[]) => events.map((one) => one.subject);
      expect(subjects(tail.events())).toEqual(["0", "1", "2", "3", "4"]);
      // What comes from one reading, at a node whose clock was always right.
      const again = await listen(server, bearer(key), {}, tail.messages[1]?.id);
      await again.until(4);
      expect(subjects(again.events())).toEqual(["1", "2", "3", "4"]);
      await Promise.all([tail.close(), again.close()]);
      // Searches go by the times that the clock told.
      const caller = createClient(node.url, bearer(key));
      expect(subjects(await searchAll(caller))).toEqual(["3", "4", "2", "0", "1"]);
      const to = new Date(clock.now().getTime() + 2 * day * 1000).toISOString();
      const { buckets } = must(await caller.query("events.timeseries", { from, to }));
      const counts = buckets.map(({ count }: { count: number }) => count);
      expect(counts.reduce((sum: number, count: number) => sum + count, 0)).toBe(5);
    } finally {
      await node.stop();
    }
  });
});
