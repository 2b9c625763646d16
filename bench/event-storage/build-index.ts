import { indexUser } from "../../apps/api/src/features/events/index-events.ts";
import { openDatabase } from "../../packages/db/src/database.ts";
import { heavyUser, openScratch } from "./scratch.ts";

/** Sums up the events of the heavy user, and says what that took. */
export async function buildIndex(folder: string, name: string): Promise<string> {
  const { owner, connections, stop } = await openScratch(folder, name);
  const database = openDatabase(connections);
  const started = performance.now();
  const cpu = process.cpuUsage();
  await indexUser(database, heavyUser, null, 1);
  const { user, system } = process.cpuUsage(cpu);
  const seconds = (performance.now() - started) / 1000;
  await owner`vacuum (analyze) event_chunks`;
  const [{ accepted } = { accepted: 0 }] = await owner`select accepted from event_index`;
  const [size] = await owner`
    select count(*)::int as chunks, avg(length(message))::int as message, avg(length(props))::int as props,
      pg_size_pretty(pg_total_relation_size('event_chunks')) as whole from event_chunks`;
  await database.close();
  await stop();
  const microseconds = (user + system) / Number(accepted);
  return `${accepted} events summed up in ${seconds.toFixed(0)} s, ${microseconds.toFixed(1)} µs of the API process's CPU each: ${size?.chunks} chunks of ${size?.message} and ${size?.props} bytes of filters, ${size?.whole}`;
}
