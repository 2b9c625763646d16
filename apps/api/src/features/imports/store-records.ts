import { hash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { receipts } from "@muniment/db/schema/events.ts";
import type { ErrorReason } from "@muniment/shared/error-reasons.ts";
import type { ImportReject } from "@muniment/shared/imports.ts";
import { and, eq, sql } from "drizzle-orm";
import type { Deps } from "../../deps.ts";
import { AppError } from "../../errors.ts";
import type { EventIntake, EventText } from "../../event-intake.ts";
import { derivedId } from "./derived-id.ts";
import type { ReadRecord } from "./read-event.ts";
import type { ImportRow } from "./read-imports.ts";

export type Storing = Pick<Deps, "database" | "now"> & {
  intake: EventIntake;
  stopped: () => boolean;
};

export type Stored = {
  sent: number;
  accepted: number;
  duplicates: number;
  rejects: ImportReject[];
};

const waitMilliseconds = 500;
/** Then the import goes on later from its last note, if it is still wanted. */
const patienceMilliseconds = 10_000;

/** The same for the same records of the same import, so that a batch is told that was stored before. */
const batchIdOf = ({ id, createdAt }: ImportRow, line: number) =>
  derivedId(createdAt.getTime(), 0, hash("sha256", `${id} ${line}`, "hex"));

/** How many events a batch stored when it was stored before, by a process that could not note it. */
async function storedBefore({ database }: Storing, userId: string, batchId: string) {
  const [known] = await database
    .background({ userId })
    .select({ events: sql<number>`cardinality(${receipts.eventIds})` })
    .from(receipts)
    .where(and(eq(receipts.userId, userId), eq(receipts.batchId, batchId)));
  return known?.events ?? 0;
}

const passing: ReadonlySet<ErrorReason> = new Set(["overloaded", "disk_full"]);

/** Whether a server refused what it may take soon. */
export const isPassing = (error: unknown): boolean =>
  error instanceof AppError && passing.has(error.reason);

/**
 * Stores a batch of records, waiting some seconds where too much else does.
 * @throws AppError `overloaded` or `disk_full` when that is not enough, or the server stops meanwhile
 */
export async function storeRecords(
  storing: Storing,
  row: ImportRow,
  records: readonly ReadRecord[],
): Promise<Stored> {
  const { userId, agentId } = row;
  const sent: (EventText & { line: number })[] = [];
  const rejects: ImportReject[] = [];
  for (const one of records) {
    if ("reject" in one) rejects.push(one.reject);
    else sent.push({ line: one.line, ...one.event });
  }
  const batchId = batchIdOf(row, records[0]?.line ?? 0);
  const unreadable = rejects.length;
  const until = storing.now().getTime() + patienceMilliseconds;
  for (;;) {
    try {
      const receivedAt = storing.now().getTime();
      const batch = { userId, agentId, apiKeyId: row.id, batchId, receivedAt, unreadable };
      const { accepted, duplicates, rejected } = await storing.intake(batch, sent);
      for (const { index, reason, message } of rejected) {
        rejects.push({ line: sent[index]?.line ?? 0, reason, message });
      }
      const isRepeat = accepted === 0 && duplicates > 0;
      const before = isRepeat ? await storedBefore(storing, userId, batchId) : 0;
      return {
        sent: records.length,
        accepted: accepted + before,
        duplicates: duplicates - before,
        rejects: rejects.sort((a, b) => a.line - b.line),
      };
    } catch (error) {
      const isOver = storing.stopped() || storing.now().getTime() >= until;
      if (!isPassing(error) || isOver) throw error;
      await sleep(waitMilliseconds);
    }
  }
}
