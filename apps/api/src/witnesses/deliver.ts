import { auditCosignatures, witnesses } from "@muniment/db/schema/witnesses.ts";
import type { WitnessKind } from "@muniment/shared/witnesses.ts";
import { and, asc, eq, inArray, isNull, lt, lte, ne, or } from "drizzle-orm";
import { raiseAlert } from "../alerts/raise.ts";
import { readCheckpoint, type SignedCheckpoint } from "../audit/checkpoints.ts";
import {
  Contradicted,
  type Send,
  type SendInput,
  type Sent,
  type Witness,
} from "./send-checkpoint.ts";
import { sendToBucket } from "./send-to-bucket.ts";
import { sendToFile } from "./send-to-file.ts";
import { sendToMailbox } from "./send-to-mailbox.ts";
import { sendToWebhook } from "./send-to-webhook.ts";
import { sendToWitness } from "./send-to-witness.ts";

const leaseSeconds = 60;
const maxWaitSeconds = 600;

const senders: Record<WitnessKind, Send> = {
  witness: sendToWitness,
  webhook: sendToWebhook,
  email: sendToMailbox,
  bucket: sendToBucket,
  file: sendToFile,
};

/** Kinds of places that the log is compared with at every delivery. */
const comparing: readonly WitnessKind[] = ["witness", "bucket", "file"];

const secondsFrom = (time: Date, seconds: number) => new Date(time.getTime() + seconds * 1000);

/** Takes the place that has waited longest, so that no other node sends to it meanwhile. */
async function claim({ database, config, now }: SendInput, size: number) {
  const at = now();
  return database.transaction({}, async (tx) => {
    const [due] = await tx
      .select()
      .from(witnesses)
      .where(
        and(
          lte(witnesses.nextAttemptAt, at),
          // A smaller log must be told to whoever knows a larger one: it is they who notice.
          or(
            ne(witnesses.confirmedSize, size),
            and(eq(witnesses.contradicts, true), inArray(witnesses.kind, comparing)),
          ),
          or(isNull(witnesses.lockedUntil), lt(witnesses.lockedUntil, at)),
          // A file is this node's only if this node was told of it.
          or(ne(witnesses.kind, "file"), eq(witnesses.target, config.auditCheckpointFile ?? "")),
        ),
      )
      .orderBy(asc(witnesses.nextAttemptAt))
      .limit(1)
      .for("update", { skipLocked: true });
    if (!due) return undefined;
    const lockedUntil = secondsFrom(at, leaseSeconds);
    await tx.update(witnesses).set({ lockedUntil }).where(eq(witnesses.id, due.id));
    return due;
  });
}

async function recordSent(
  input: SendInput,
  witness: Witness,
  { size }: SignedCheckpoint,
  sent: Sent,
) {
  const at = input.now();
  await input.database.transaction({}, async (tx) => {
    const [row] = await tx
      .update(witnesses)
      .set({
        confirmedSize: size,
        confirmedAt: at,
        failures: 0,
        // A place that compares nothing does not notice that the log is not the one it knew.
        ...(comparing.includes(witness.kind) || !witness.contradicts
          ? { failingSince: null, problem: null, contradicts: false }
          : {}),
        nextAttemptAt: secondsFrom(at, witness.everySeconds),
        lockedUntil: null,
      })
      .where(eq(witnesses.id, witness.id))
      .returning({ id: witnesses.id });
    if (!row) return;
    for (const { key, line, at: signedAt } of sent.cosignatures ?? []) {
      await tx
        .insert(auditCosignatures)
        .values({ size, key, line, at: signedAt })
        .onConflictDoNothing();
    }
  });
}

async function recordFailure(input: SendInput, witness: Witness, error: unknown) {
  const at = input.now();
  const contradicts = error instanceof Contradicted;
  const problem = error instanceof Error ? error.message.slice(0, 500) : "Something went wrong.";
  const wait = Math.min(5 * 2 ** Math.min(witness.failures, 10), maxWaitSeconds);
  await input.database.transaction({}, async (tx) => {
    await tx
      .update(witnesses)
      .set({
        failures: witness.failures + 1,
        failingSince: witness.failingSince ?? at,
        // That it could not be reached since does not take back what was found.
        problem: contradicts || !witness.contradicts ? problem : witness.problem,
        contradicts: contradicts || witness.contradicts,
        nextAttemptAt: secondsFrom(at, Math.max(wait, witness.everySeconds > 60 ? 60 : 0)),
        lockedUntil: null,
      })
      .where(eq(witnesses.id, witness.id));
    if (!contradicts) return;
    const details = { witness: witness.id, problem };
    const facts = { userId: null, key: witness.id, details, now: at };
    await raiseAlert(tx, "audit_log_contradicted", facts);
  });
}

/**
 * Sends the newest checkpoint to every place that is due one, in the order they became due. A place
 * gets ever larger ones; what it missed meanwhile is contained in the newest.
 */
export async function deliverCheckpoints(input: SendInput): Promise<void> {
  const checkpoint = await readCheckpoint(input.database.audit);
  if (!checkpoint || checkpoint.size === 0) return;
  for (
    let due = await claim(input, checkpoint.size);
    due;
    due = await claim(input, checkpoint.size)
  ) {
    try {
      if (due.confirmedSize > checkpoint.size && due.kind !== "witness") {
        throw new Contradicted(
          `It was sent a checkpoint of ${due.confirmedSize} entries when the log had ${checkpoint.size}.`,
        );
      }
      await recordSent(input, due, checkpoint, await senders[due.kind](input, due, checkpoint));
    } catch (error) {
      await recordFailure(input, due, error);
    }
  }
}
