import type { Output } from "./command.ts";

/** One line of a terminal that is written over as work goes on; nothing where there is no terminal. */
export function createStatusLine(output: Output) {
  const show = (text: string) => {
    if (output.isTTY) output.write(`\r\u001b[K${text}`);
  };
  return { show, end: () => show("") };
}
