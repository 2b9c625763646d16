import { createInterface } from "node:readline";
import { createMuniment } from "../src/client.ts";
import { openDiskQueue } from "../src/disk-queue.ts";

/**
 * Sends events from a queue on disk until it is killed: prints the numbers that are safe. A line on
 * the standard input makes it send all that waits, and end.
 */
const [url = "", key = "", directory = "", first = "0"] = process.argv.slice(2);
const queue = await openDiskQueue({ directory, segmentBytes: 20_000 });
const muniment = createMuniment({ url, key, queue, seq: true, waitMilliseconds: 20 });
let isLast = false;
createInterface({ input: process.stdin }).once("line", () => {
  isLast = true;
});

for (let n = Number(first); !isLast; ) {
  const upTo = n + 10;
  for (; n < upTo; n += 1) muniment.send({ type: "sdk.test", props: { n } });
  await muniment.stored();
  process.stdout.write(`${n}\n`);
}
const isEmpty = await muniment.close(30_000);
process.stdout.write(`end ${isEmpty} ${JSON.stringify(muniment.stats())}\n`);
process.exit();
