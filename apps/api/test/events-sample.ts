import { expect } from "vitest";
import { makeEvent, makeSender, searchAll, send } from "./events-sender.ts";
import type { TestServer } from "./harness.ts";

/** The newest of the sample's events lie here. */
export const sampleStart = Date.UTC(2026, 0, 10, 12);
const day = 86_400_000;

function sampleEvent(n: number) {
  return makeEvent(
    {
      type: ["ssh.login.failed", "ssh.login.ok", "http.request"][n % 3] ?? "",
      level: ["debug", "info", "warn", "error", "critical"][n % 5] ?? "",
      message: n % 7 === 0 ? `100%_Ärger ${n}` : `Nothing \\ ${n}`,
      subject: n % 2 === 0 ? `user:${n % 10}` : undefined,
      traceId: n % 11 === 0 ? "trace" : undefined,
      props: { n, tags: ["x", n % 4], request: { status: n % 5 === 0 ? 500 : 200 } },
    },
    n < 100 ? sampleStart : sampleStart - n * 3 * day,
  );
}
export type SampleEvent = ReturnType<typeof sampleEvent>;

const newestFirst = (a: SampleEvent, b: SampleEvent) =>
  `${a.occurredAt}${a.id}` < `${b.occurredAt}${b.id}` ? 1 : -1;

/** Sends 600 events over five years, 100 of them in one and the same millisecond; answers them as search should. */
export async function sendSample(server: TestServer) {
  const sender = await makeSender(server);
  const events = Array.from({ length: 600 }, (_, n) => sampleEvent(n));
  for (let from = 0; from < events.length; from += 100) {
    const { body } = await send(server, sender.key, events.slice(from, from + 100));
    expect(body).toMatchObject({ accepted: 100 });
  }
  const sent = events.sort(newestFirst);
  const idsOf = (some: { id: string }[]) => some.map(({ id }) => id);
  return {
    ...sender,
    sent,
    idsOf,
    /** Ids of all pages of a search. */
    find: async (input: object) => idsOf(await searchAll(sender.member, input)),
    /** Ids of what was sent and passes the test. */
    those: (keep: (event: SampleEvent) => boolean) => idsOf(sent.filter(keep)),
  };
}
