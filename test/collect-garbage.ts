import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** So that a measurement of memory begins without what was dropped before, and shows the growth of its own. */
export function collectGarbage(): void {
  setFlagsFromString("--expose-gc");
  runInNewContext("gc")();
}
