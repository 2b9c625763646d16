import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { splitNotes } from "@muniment/verify/signed-note.ts";
import { compareKept } from "./kept-checkpoint.ts";
import { Contradicted, type Send } from "./send-checkpoint.ts";

/** The last checkpoint stands within so many bytes of the end. */
const tailBytes = 65_536;
const { O_APPEND, O_CREAT, O_NOFOLLOW, O_RDWR } = constants;

/**
 * Appends the newest checkpoint to a file on another path, durably, once the last one in it is still
 * what the log says of itself. A file that was cut short is not written to.
 */
export const sendToFile: Send = async (input, { target, confirmedSize }, { note, size }) => {
  const file = await open(target, O_APPEND | O_CREAT | O_NOFOLLOW | O_RDWR, 0o640);
  try {
    const { size: length } = await file.stat();
    const from = Math.max(0, length - tailBytes);
    const { buffer } = await file.read(Buffer.alloc(length - from), 0, length - from, from);
    const text = buffer.toString("utf8");
    const last = splitNotes(text).at(-1);
    if (last === undefined) {
      if (length > 0) throw new Error("The file holds something else than checkpoints.");
      if (confirmedSize > 0) throw new Contradicted("The file was emptied.");
    } else {
      const kept = await compareKept(input, last, size, "The file");
      if (kept < confirmedSize) {
        throw new Contradicted(`The file was cut: its last checkpoint is of ${kept} entries.`);
      }
      if (kept === size) return {};
    }
    // What a crash left of a line would else run into the next.
    const isWhole = length === 0 || text.endsWith("\n");
    input.requireLease();
    await file.appendFile(isWhole ? note : `\n${note}`);
    await file.sync();
    return {};
  } finally {
    await file.close();
  }
};
