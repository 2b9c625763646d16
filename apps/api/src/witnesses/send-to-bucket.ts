import type { Egress } from "../egress/egress.ts";
import { egressUntil, finishedBy, TookTooLong } from "../egress/until.ts";
import { AppError } from "../errors.ts";
import { type Bucket, type BucketSettings, type Kept, openBucket } from "./bucket.ts";
import { compareKept } from "./kept-checkpoint.ts";
import {
  Contradicted,
  placeOfWitnessSecret,
  type Send,
  type SendInput,
  type Witness,
} from "./send-checkpoint.ts";

const millisecondsPerDay = 86_400_000;
/** Somebody waits for the answer. */
const tryMilliseconds = 10_000;

/** In whole seconds, which every store keeps. */
export const lockUntil = (from: number, retainDays: number | null) =>
  retainDays === null
    ? null
    : new Date(Math.ceil(from / 1000) * 1000 + retainDays * millisecondsPerDay);

/**
 * Whether a store keeps checkpoints as it should, tried before it is relied on, for 10 s at most.
 * @throws AppError `bucket_unsuitable` that says why not
 */
export async function tryBucket(
  egress: Egress,
  settings: BucketSettings & { retainDays: number | null },
  now: Date,
  milliseconds = tryMilliseconds,
): Promise<void> {
  const { retainDays, ...rest } = settings;
  const endsAt = performance.now() + milliseconds;
  const bucket = openBucket(egressUntil(egress, endsAt), rest);
  const tryAll = async () => {
    // What sorts after all sizes is met by no list of checkpoints.
    await Promise.all([0, Number.MAX_SAFE_INTEGER].map((size) => bucket.firstAfter(size)));
    await bucket.probe(lockUntil(now.getTime(), retainDays));
  };
  try {
    await finishedBy(endsAt, tryAll());
  } catch (cause) {
    if (cause instanceof AppError || !(cause instanceof Error)) throw cause;
    const why =
      cause instanceof TookTooLong
        ? `The bucket did not answer what it was tried with within ${milliseconds / 1000} s.`
        : cause.message;
    throw new AppError("bucket_unsuitable", why, { cause });
  }
}

/** @throws where the row does not describe a bucket, or its secret cannot be read */
export function openPlace(
  { egress, encryption }: Pick<SendInput, "egress" | "encryption">,
  { id, target, bucket, secret }: Witness,
) {
  if (bucket === null || secret === null) throw new Error("It is not described as a bucket.");
  const { retainDays, ...keys } = bucket;
  const secretAccessKey = encryption.decrypt(secret, placeOfWitnessSecret(id));
  return { retainDays, bucket: openBucket(egress, { target, ...keys, secretAccessKey }) };
}

/** The largest checkpoint above a size; mostly there is none. Any number may lie there, so it halves. */
async function largestAfter(bucket: Bucket, known: number, size: number): Promise<number | null> {
  const first = await bucket.firstAfter(known);
  // A crash leaves one.
  if (first === null || (await bucket.firstAfter(first)) === null) return first;
  const beyond = await bucket.firstAfter(size);
  if (beyond !== null) return beyond;
  let newest = first;
  for (let below = size; newest < below; ) {
    const middle = newest + Math.floor((below - newest) / 2);
    const found = await bucket.firstAfter(middle);
    if (found === null) below = middle;
    else newest = found;
  }
  return newest;
}

/** @throws where the store does not tell that nobody can remove it before a time */
function requireLock({ lockedUntil }: Kept, size: number, wanted: Date): void {
  if (lockedUntil === null) {
    throw new Error(
      `The bucket does not tell that it locks its checkpoint of ${size} entries: it needs Object Lock, and the key s3:GetObjectRetention.`,
    );
  }
  if (lockedUntil < wanted) {
    throw new Error(
      `The bucket locks its checkpoint of ${size} entries until ${lockedUntil.toISOString()} only, not until ${wanted.toISOString()}.`,
    );
  }
}

/**
 * Puts the newest checkpoint into a bucket once what is there is still what the log says of itself: the
 * last that was put there, and the largest above it, which a crash left, or another state of the log.
 * It counts as sent once it lies there as it was wanted, whoever wrote it.
 */
export const sendToBucket: Send = async (input, witness, { note, size, at }) => {
  const { bucket, retainDays } = openPlace(input, witness);
  const compare = async (kept: Kept, expected: number) => {
    const stated = await compareKept(input, kept.note, size, "The bucket");
    if (stated !== expected) {
      throw new Contradicted(
        `The bucket holds a checkpoint of ${stated} entries as one of ${expected}.`,
      );
    }
  };
  const { confirmedSize } = witness;
  if (confirmedSize > 0) {
    const kept = await bucket.read(confirmedSize);
    if (!kept)
      throw new Contradicted(`The bucket lost the checkpoint of ${confirmedSize} entries.`);
    await compare(kept, confirmedSize);
    if (retainDays !== null) requireLock(kept, confirmedSize, new Date(0));
  }
  const newest = await largestAfter(bucket, confirmedSize, size);
  if (newest !== null && newest > size) {
    throw new Contradicted(`The bucket knows ${newest} entries, the log has ${size}.`);
  }
  if (newest !== null && newest < size) {
    const left = await bucket.read(newest);
    if (!left) throw new Error(`The bucket lists a checkpoint of ${newest} entries, and has none.`);
    await compare(left, newest);
  }
  // Not before it was signed, so that what a crash left is locked for long enough, too.
  const from = Math.max(input.now().getTime(), at.getTime());
  await bucket.create(size, note, lockUntil(from, retainDays));
  const kept = await bucket.read(size);
  if (!kept)
    throw new Error(`The bucket does not have the checkpoint of ${size} entries that it took.`);
  await compare(kept, size);
  if (kept.note !== note) {
    throw new Error(`The bucket holds another note of the same ${size} entries.`);
  }
  const wanted = lockUntil(at.getTime(), retainDays);
  if (wanted !== null) requireLock(kept, size, wanted);
  return {};
};
