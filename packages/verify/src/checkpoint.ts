import { fromBase64, toBase64 } from "./base64.ts";
import { type Hash, hashLength } from "./merkle.ts";

/** The statement of a log's size and root, https://c2sp.org/tlog-checkpoint. */
export type Checkpoint = { origin: string; size: number; root: Hash };

export const formatCheckpoint = ({ origin, size, root }: Checkpoint) =>
  `${origin}\n${size}\n${toBase64(root)}\n`;

/** Reads the text of a checkpoint's note; extension lines are passed over. @throws where it is none */
export function parseCheckpoint(text: string): Checkpoint {
  const [origin = "", size = "", hash = "", ...rest] = text.split("\n");
  const root = fromBase64(hash);
  const whole = rest.pop() === "" && rest.every((line) => line !== "");
  if (
    origin === "" ||
    !/^(?:0|[1-9]\d{0,15})$/.test(size) ||
    root.length !== hashLength ||
    !whole
  ) {
    throw new Error("not a checkpoint");
  }
  if (!Number.isSafeInteger(Number(size))) throw new Error("the checkpoint's size is too large");
  return { origin, size: Number(size), root };
}
