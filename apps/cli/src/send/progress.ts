import type { Output } from "../command.ts";
import { printable } from "./report.ts";
import type { Tally } from "./tally.ts";

/** Shows on a terminal where the sending stands; elsewhere writes a line every five seconds. */
export function showProgress(output: Output, tally: Tally) {
  const live = output.isTTY === true;
  const start = performance.now();
  let lastNotice = Number.NEGATIVE_INFINITY;

  function show() {
    const seconds = (performance.now() - start) / 1000;
    const rate = Math.round(tally.sent / seconds);
    const text = `${tally.lines} lines read, ${tally.sent} sent, ${tally.rejected} rejected, ${rate} per second`;
    output.write(live ? `\r\u001b[K${text}` : `${text}\n`);
  }

  const timer = setInterval(show, live ? 250 : 5000);
  timer.unref();
  return {
    waiting(why: string, milliseconds: number) {
      const now = performance.now();
      if (now - lastNotice < 5000) return;
      lastNotice = now;
      const text = `${printable(why)} Next attempt in ${(milliseconds / 1000).toFixed(1)} s.`;
      output.write(`${live ? "\r\u001b[K" : ""}${text}\n`);
    },
    end() {
      clearInterval(timer);
      if (live) output.write("\r\u001b[K");
    },
  };
}
