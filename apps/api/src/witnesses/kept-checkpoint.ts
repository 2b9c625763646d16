import { sameBytes } from "@muniment/verify/base64.ts";
import { rootAt } from "../audit/tree.ts";
import { Contradicted, type SendInput } from "./send-checkpoint.ts";

/**
 * The size of a checkpoint that a place keeps, once it is of this very log as it is now. `place` begins
 * the sentences, such as "The file".
 * @throws Contradicted
 */
export async function compareKept(
  { database, openOwn }: SendInput,
  note: string,
  size: number,
  place: string,
): Promise<number> {
  const kept = await openOwn(note).catch((cause: Error) => {
    throw new Contradicted(
      `${place} holds a checkpoint that is not of this log: ${cause.message}.`,
      {
        cause,
      },
    );
  });
  if (kept.size > size) {
    throw new Contradicted(`${place} knows ${kept.size} entries, the log has ${size}.`);
  }
  if (!sameBytes(await rootAt(database.audit, kept.size), kept.root)) {
    const lower = place.charAt(0).toLowerCase() + place.slice(1);
    throw new Contradicted(`The first ${kept.size} entries are not those that ${lower} knows.`);
  }
  return kept.size;
}
