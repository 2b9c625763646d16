/** One node of a run: writes `writers` times `each` entries, and seals meanwhile as a server does. */
import { setTimeout as sleep } from "node:timers/promises";
import { append, open, sealerOn } from "./database.ts";

const [connections, writers, each] = JSON.parse(process.argv[2] ?? "[]");
const database = open(connections);
const sealer = sealerOn(database);
// Many connections at once may take longer than one is given on a busy machine.
for (let tries = 0; tries < 20; tries += 1) {
  const all = Array.from({ length: 16 }, () => database.transaction({}, async () => {}));
  const answers = await Promise.allSettled(all);
  if (answers.every(({ status }) => status === "fulfilled")) break;
}
let writing = true;
const sealing = (async () => {
  while (writing) {
    await sealer.seal();
    await sleep(300);
  }
})();
await append(database, writers, each);
writing = false;
await sealing;
await sealer.seal();
if (sealer.problem()) throw new Error(String(sealer.problem()));
await database.close();
