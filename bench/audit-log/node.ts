/** One node of a run: writes `writers` times `each` entries, and seals meanwhile as a server does. */
import { setTimeout as sleep } from "node:timers/promises";
import { append, open, sealerOn } from "./database.ts";

const [connections, writers, each] = JSON.parse(process.argv[2] ?? "[]");
const database = open(connections);
const sealer = sealerOn(database);

/** Opens connections before anything is counted: on a busy machine one may take longer than it is given. */
async function connectAll(most: number, use: () => Promise<unknown>) {
  for (let tries = 1; ; tries += 1) {
    const answers = await Promise.allSettled(Array.from({ length: most }, use));
    const failed = answers.find((answer) => answer.status === "rejected");
    if (!failed) return;
    if (tries === 100) throw failed.reason;
    await sleep(200);
  }
}

await connectAll(writers, () => database.reads({}).execute("select"));
await connectAll(2, () => database.audit`select`);
await connectAll(4, () => database.raw`select`);
let writing = true;
const sealing = (async () => {
  while (writing) {
    await sealer.seal();
    await sleep(300);
  }
})();
// What ends the sealing is told at the end of the run, not in the middle of it.
sealing.catch(() => {});
await append(database, writers, each, (done) => process.stdout.write(`${done}\n`));
writing = false;
await sealing;
await sealer.seal();
if (sealer.problem()) throw new Error(String(sealer.problem()));
await database.close();
