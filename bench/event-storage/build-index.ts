import { indexUser } from "../../apps/api/src/features/events/index-events.ts";
import { openDatabase } from "../../packages/db/src/database.ts";
import { heavyUser, openScratch } from "./scratch.ts";

/**
 * `tsx bench/event-storage/build-index.ts <folder> <database> [<seconds>]`: sums up the events of the
 * heavy user. After so many seconds it stops, and goes on there when it is called again.
 */
async function build(folder: string, name: string, seconds: number) {
  const { owner, connections, stop } = await openScratch(folder, name);
  const database = openDatabase(connections);
  const started = performance.now();
  const cpu = process.cpuUsage();
  const isOver = () => performance.now() - started > seconds * 1000;
  await indexUser(database, heavyUser, null, 1, isOver);
  const { user, system } = process.cpuUsage(cpu);
  const [{ accepted } = { accepted: 0 }] = await owner`select accepted from event_index`;
  const [size] = await owner`
    select count(*)::int as chunks, avg(length(message))::int as message, avg(length(props))::int as props,
      pg_size_pretty(pg_total_relation_size('event_chunks')) as whole from event_chunks`;
  console.log(
    `${accepted} events summed up; ${((performance.now() - started) / 1000).toFixed(0)} s, ` +
      `${((user + system) / 1e6).toFixed(1)} s of this process's CPU`,
    size,
  );
  await database.close();
  await stop();
}

const [folder = "", name = "", seconds = "Infinity"] = process.argv.slice(2);
await build(folder, name, Number(seconds));
