import type { Tx } from "@muniment/db/database.ts";
import { eventIds } from "@muniment/db/schema/events.ts";
import { uploads } from "@muniment/db/schema/uploads.ts";
import { users } from "@muniment/db/schema/users.ts";
import { createUploadInput, upload } from "@muniment/shared/uploads.ts";
import { and, eq } from "drizzle-orm";
import { v7 as uuidv7 } from "uuid";
import { AppError } from "../../errors.ts";
import { audited } from "../../trpc/audited.ts";
import { signedIn } from "../../trpc/authenticated.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";
import { takesFile } from "../../trpc/takes-file.ts";
import { type Accepted, examineUpload } from "./examine-upload.ts";
import { readUsage, toUpload } from "./read-uploads.ts";

type Reads = Pick<Tx, "select">;

async function requireRoom(reads: Reads, userId: string, quotaBytes: number, more: number) {
  const { usedBytes } = await readUsage(reads, userId);
  if (usedBytes + more <= quotaBytes) return;
  const message = `Of ${quotaBytes} bytes ${usedBytes} are taken.`;
  throw new AppError("upload_quota_reached", message);
}

async function requireEvent(reads: Reads, userId: string, eventId: string) {
  const found = await reads
    .select({ id: eventIds.id })
    .from(eventIds)
    .where(and(eq(eventIds.userId, userId), eq(eventIds.id, eventId)));
  if (found.length === 0) throw new AppError("not_found", "There is no such event.");
}

/** Keeps a file, beside an event of the caller's where one is named. Takes a form, not JSON. */
export const create = limited("upload")
  .concat(signedIn)
  .concat(permission("uploads:write"))
  .concat(takesFile)
  .input(createUploadInput)
  .use(async function checkRoom({ ctx: { deps, principal }, input: { file, eventId }, next }) {
    const { userId } = principal;
    deps.fileSpace.require();
    const reads = deps.database.reads({ userId });
    if (eventId !== undefined) await requireEvent(reads, userId, eventId);
    await requireRoom(reads, userId, deps.config.uploads.quotaBytes, file.bytes.length);
    return next();
  })
  .use(async function examineAndStore({ ctx: { deps, principal }, input: { file }, next }) {
    const id = uuidv7({ msecs: deps.now().getTime() });
    const verdict = await examineUpload(deps, file);
    const ctx = { id, verdict: verdict as Accepted | AppError };
    if (verdict instanceof AppError) return next({ ctx });
    let isKept = false;
    try {
      await deps.files.put(principal.userId, id, verdict.bytes);
      const result = await next({ ctx });
      isKept = result.ok;
      return result;
    } finally {
      // What cannot be removed now is found by the sweep.
      if (!isKept) await deps.files.remove([id]).catch(() => {});
    }
  })
  .concat(audited("upload.created", "upload.refused"))
  .output(upload)
  .mutation(async ({ ctx, input: { file, eventId, name = file.name } }) => {
    const { deps, tx, audit, commitAndRefuse, principal, id, verdict } = ctx;
    const target = { kind: "upload", id, label: name };
    if (verdict instanceof AppError) {
      const details = { reason: verdict.reason, bytes: file.bytes.length };
      await audit({ action: "upload.refused", target, details });
      return commitAndRefuse(verdict);
    }
    const { bytes, ...facts } = verdict;
    const { userId } = principal;
    // One after another, or two files together could take more than there is.
    const [owner] = await tx
      .select({ id: users.id })
      .from(users)
      .where(eq(users.id, userId))
      .for("no key update");
    if (!owner) throw new AppError("not_found", "There is no such account.");
    await requireRoom(tx, userId, deps.config.uploads.quotaBytes, bytes.length);
    const [row] = await tx
      .insert(uploads)
      .values({
        id,
        userId,
        eventId: eventId ?? null,
        name,
        bytes: bytes.length,
        ...facts,
        createdAt: deps.now(),
      })
      .returning();
    if (!row) throw new Error("the upload was not stored");
    await audit({ target, details: { type: facts.type, bytes: bytes.length } });
    return toUpload(row);
  });
