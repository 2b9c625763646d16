import { auditCheckpoints } from "@muniment/db/schema/audit.ts";
import { auditCosignatures } from "@muniment/db/schema/witnesses.ts";
import { checkpointPage, checkpointsInput } from "@muniment/shared/witnesses.ts";
import { toBase64 } from "@muniment/verify/base64.ts";
import { parseCheckpoint } from "@muniment/verify/checkpoint.ts";
import { parseNote } from "@muniment/verify/signed-note.ts";
import { and, desc, exists, inArray, lt, sql } from "drizzle-orm";
import { decodeCursor, encodeCursor } from "../../cursor.ts";
import { signedIn } from "../../trpc/authenticated.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";

const defaultLimit = 50;

/** Every checkpoint that was signed, largest first, with what witnesses signed of it. */
export const checkpoints = limited("general")
  .concat(signedIn)
  .concat(permission("audit:read"))
  .input(checkpointsInput)
  .output(checkpointPage)
  .query(async ({ ctx: { deps }, input = {} }) => {
    const { cosigned = false, cursor, limit = defaultLimit } = input;
    const list = `checkpoints:${cosigned}`;
    const position = cursor && decodeCursor(deps.secrets.cursor, list, cursor);
    const reads = deps.database.reads({});
    const ofThis = reads
      .select({ one: sql`1` })
      .from(auditCosignatures)
      .where(sql`${auditCosignatures.size} = ${auditCheckpoints.size}`);
    const rows = await reads
      .select()
      .from(auditCheckpoints)
      .where(
        and(
          position ? lt(auditCheckpoints.size, Number(position[0])) : undefined,
          cosigned ? exists(ofThis) : undefined,
        ),
      )
      .orderBy(desc(auditCheckpoints.size))
      .limit(limit + 1);
    const shown = rows.slice(0, limit);
    const sizes = shown.map(({ size }) => size);
    const made =
      sizes.length === 0
        ? []
        : await reads
            .select()
            .from(auditCosignatures)
            .where(inArray(auditCosignatures.size, sizes));
    const last = rows.length > limit ? shown.at(-1) : undefined;
    return {
      items: shown.map(({ size, note, at }) => {
        const own = made.filter((one) => one.size === size);
        return {
          size,
          rootHash: toBase64(parseCheckpoint(parseNote(note).text).root),
          at: at.toISOString(),
          note: note + own.map(({ line }) => line).join(""),
          cosignedBy: own.map(({ key }) => key),
        };
      }),
      nextCursor: last ? encodeCursor(deps.secrets.cursor, list, [String(last.size), ""]) : null,
    };
  });
