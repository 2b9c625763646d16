import { setTimeout as sleep } from "node:timers/promises";
import { auditCosignatures, witnesses } from "@muniment/db/schema/witnesses.ts";
import type { WitnessKind } from "@muniment/shared/witnesses.ts";
import { and, asc, eq, inArray, isNull, lt, lte, ne, or, sql } from "drizzle-orm";
import { raiseAlert } from "../alerts/raise.ts";
import { readCheckpoint, type SignedCheckpoint } from "../audit/checkpoints.ts";
import {
  Contradicted,
  type DeliverInput,
  type Send,
  type Sent,
  type Witness,
} from "./send-checkpoint.ts";
import { sendToBucket } from "./send-to-bucket.ts";
import { sendToFile } from "./send-to-file.ts";
import { sendToMailbox } from "./send-to-mailbox.ts";
import { sendToWebhook } from "./send-to-webhook.ts";
import { sendToWitness } from "./send-to-witness.ts";
import { withinLease } from "./within-lease.ts";

const leaseSeconds = 60;
/** By how much a delivery ends before its lease does. */
const marginSeconds = 15;
const maxWaitSeconds = 600;
/** So long may deliveries last when the server stops. */
const lastSeconds = 2;
/** While some are under way, others that became due are looked for. */
const lookMilliseconds = 1000;

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

/** A place with the lease that a node has of it; the time it ends at is the token of that lease. */
type Claimed = Witness & { lockedUntil: Date };

/** Whether a place may be due what it has not. One look without a lock: mostly there is none. */
async function mayBeDue({ database, now }: DeliverInput): Promise<boolean> {
  const [row] = await database.raw`
    select exists (
      select from witnesses where next_attempt_at <= ${now().toISOString()}::text::timestamptz
        and (contradicts or confirmed_size <> (select max(size) from audit_checkpoints))
    ) as due`;
  return row?.due === true;
}

/** Takes the place that has waited longest, so that no other node sends to it meanwhile. */
async function claim(
  { database, config, now }: DeliverInput,
  size: number,
): Promise<Claimed | undefined> {
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
          or(isNull(witnesses.lockedUntil), lt(witnesses.lockedUntil, sql`clock_timestamp()`)),
          // A file is this node's only if this node was told of it.
          or(ne(witnesses.kind, "file"), eq(witnesses.target, config.auditCheckpointFile ?? "")),
        ),
      )
      .orderBy(asc(witnesses.nextAttemptAt))
      .limit(1)
      .for("update", { skipLocked: true });
    if (!due) return undefined;
    // By the clock of the database, which all nodes share.
    const [taken] = await tx
      .update(witnesses)
      .set({ lockedUntil: sql`clock_timestamp() + make_interval(secs => ${leaseSeconds})` })
      .where(eq(witnesses.id, due.id))
      .returning({ lockedUntil: witnesses.lockedUntil });
    return taken?.lockedUntil ? { ...due, lockedUntil: taken.lockedUntil } : undefined;
  });
}

/** A node that lost its lease writes nothing down: what the place has since is another's to say. */
const stillLeased = ({ id, lockedUntil }: Claimed) =>
  and(eq(witnesses.id, id), eq(witnesses.lockedUntil, lockedUntil));

async function recordSent(
  input: DeliverInput,
  witness: Claimed,
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
      .where(stillLeased(witness))
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

async function recordFailure(input: DeliverInput, witness: Claimed, error: unknown) {
  const at = input.now();
  const contradicts = error instanceof Contradicted;
  const problem = error instanceof Error ? error.message.slice(0, 500) : "Something went wrong.";
  const wait = Math.min(5 * 2 ** Math.min(witness.failures, 10), maxWaitSeconds);
  await input.database.transaction({}, async (tx) => {
    const [row] = await tx
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
      .where(stillLeased(witness))
      .returning({ id: witnesses.id });
    if (!row || !contradicts) return;
    const details = { witness: witness.id, problem };
    const facts = { userId: null, key: witness.id, details, now: at };
    await raiseAlert(tx, "audit_log_contradicted", facts);
  });
}

async function deliver(input: DeliverInput, place: Claimed, endsAt: number): Promise<void> {
  try {
    // Read under the lease: another node may have sent a larger one since the last look.
    const checkpoint = await readCheckpoint(input.database.audit);
    if (!checkpoint) throw new Error("The log has no checkpoint.");
    if (place.confirmedSize > checkpoint.size && place.kind !== "witness") {
      throw new Contradicted(
        `It was sent a checkpoint of ${place.confirmedSize} entries when the log had ${checkpoint.size}.`,
      );
    }
    const sent = await withinLease(input, endsAt, (leased) =>
      senders[place.kind](leased, place, checkpoint),
    );
    await recordSent(input, place, checkpoint, sent);
  } catch (error) {
    await recordFailure(input, place, error);
  }
}

/**
 * Sends the newest checkpoint to every place that is due one, side by side, so that none waits for
 * another that does not answer. A place gets ever larger ones; what it missed meanwhile is contained in
 * the newest.
 */
export async function deliverCheckpoints(
  input: DeliverInput,
  isStopping: () => boolean = () => false,
): Promise<void> {
  const underWay = new Set<Promise<void>>();
  for (;;) {
    const checkpoint = (await mayBeDue(input)) && (await readCheckpoint(input.database.audit));
    const seconds = isStopping() ? lastSeconds : leaseSeconds - marginSeconds;
    const endsAt = performance.now() + seconds * 1000;
    const due = checkpoint && checkpoint.size > 0 && (await claim(input, checkpoint.size));
    if (due) {
      const done: Promise<void> = deliver(input, due, endsAt).finally(() => underWay.delete(done));
      // Of several that cannot be written down, the first is told.
      done.catch(() => {});
      underWay.add(done);
      continue;
    }
    if (underWay.size === 0) return;
    await Promise.race([...underWay, sleep(lookMilliseconds, undefined, { ref: false })]);
  }
}
