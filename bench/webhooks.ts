import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { call, event, makeKey } from "./ingest.ts";
import type { Part } from "./rows.ts";
import type { Bench } from "./servers.ts";

const rounds = 20;
/** Nothing of this comes later. */
const mostMilliseconds = 10_000;

/** A receiver that tells when the next request has arrived. */
async function startReceiver() {
  let arrived = (_: number) => {};
  const server = createServer((request, response) => {
    arrived(performance.now());
    request.resume();
    response.end("thanks");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    next: () =>
      Promise.race([
        new Promise<number>((resolve) => {
          arrived = resolve;
        }),
        sleep(mostMilliseconds, Number.POSITIVE_INFINITY),
      ]),
    stop: () => server.close(),
  };
}

function p95(times: number[]): number {
  const sorted = times.sort((a, b) => a - b);
  return Math.round(sorted[Math.floor(sorted.length * 0.95)] ?? Number.POSITIVE_INFINITY);
}

/** Waits until a new rule has counted what came within its window before it, and one event of its own. */
async function untilCounted({ product }: Bench, cookie: string, id: string) {
  const url = `${product.origin}/trpc/alertRules.list?input=${encodeURIComponent("{}")}`;
  for (let tries = 0; tries < 600; tries += 1) {
    const response = await fetch(url, { headers: { cookie } });
    const { result } = (await response.json()) as {
      result: { data: { items: { id: string; lastCount: number }[] } };
    };
    if (result.data.items.find((rule) => rule.id === id)?.lastCount === 1) return;
    await sleep(100);
  }
  throw new Error("a rule did not count its event within a minute");
}

/**
 * How long after its cause a webhook's request arrives: from the call of `webhooks.test`, which commits the
 * delivery itself, and from an event that makes a rule fire which had looked at all before it. Both count from when the call was sent.
 */
export const webhookDeliveries: Part = async (bench, { cookie }) => {
  const receiver = await startReceiver();
  const key = await makeKey(bench, cookie);
  const { id } = await call(bench, cookie, "webhooks.create", { name: "bench", url: receiver.url });
  const [direct, found]: [number[], number[]] = [[], []];
  for (let round = 0; round < rounds; round += 1) {
    const arrival = receiver.next();
    const sentAt = performance.now();
    await call(bench, cookie, "webhooks.test", { id });
    direct.push((await arrival) - sentAt);
    await sleep(Math.random() * 500);
  }
  const send = async (type: string) => {
    const response = await fetch(`${bench.product.origin}/api/v1/events`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${key}` },
      body: JSON.stringify({ events: [{ ...event(), type }] }),
    });
    await response.arrayBuffer();
    if (response.status !== 200) throw new Error(`an event was answered with ${response.status}`);
  };
  for (let round = 0; round < rounds; round += 1) {
    const type = `bench.rule.${round}`;
    const rule = {
      name: type,
      query: `type:${type}`,
      threshold: 1,
      windowMinutes: 60,
      email: false,
    };
    const made = await call(bench, cookie, "alertRules.create", { ...rule, webhookIds: [id] });
    await send(type);
    await untilCounted(bench, cookie, made.id);
    // Anywhere between two looks at the rule.
    await sleep(1000 + Math.random() * 1000);
    const arrival = receiver.next();
    const sentAt = performance.now();
    await send(type);
    found.push((await arrival) - sentAt);
  }
  receiver.stop();
  return {
    note:
      `A webhook leaves within **${p95(direct)} ms** (p95 of ${rounds}) of the call that commits its delivery ` +
      `(target: 1 s), and within **${p95(found)} ms** of an event for which an alert rule fires (a new rule first counts its whole window).`,
  };
};
