import { createHash } from "node:crypto";
import { createS3Client } from "../egress/s3-client.ts";
import { compareKept } from "./kept-checkpoint.ts";
import {
  Contradicted,
  placeOfWitnessSecret,
  type Send,
  type SendInput,
  type Witness,
} from "./send-checkpoint.ts";

const timeoutMilliseconds = 10_000;
const maxObjectBytes = 65_536;
const millisecondsPerDay = 86_400_000;

/** So many digits that names sort like sizes. */
const nameOf = (size: number) => String(size).padStart(16, "0");

function refused(doing: string, status: number): Error {
  const why =
    status === 403
      ? ": the key needs s3:PutObject, s3:GetObject, s3:GetObjectRetention and s3:ListBucket"
      : "";
  return new Error(`The bucket answered ${status} to ${doing}${why}.`);
}

/** Checkpoints in a folder of a bucket, each under the size it is of, never under one that exists. */
function openBucket({ egress, encryption, now }: SendInput, { id, target, ...row }: Witness) {
  if (row.bucket === null || row.secret === null)
    throw new Error("It is not described as a bucket.");
  const { retainDays, ...keys } = row.bucket;
  const { origin, pathname } = new URL(target);
  const [, bucket = "", ...folders] = pathname.split("/");
  const folder = folders.map((name) => `${name}/`).join("");
  const call = createS3Client({
    ...keys,
    egress,
    base: `${origin}/${bucket}`,
    secretAccessKey: encryption.decrypt(row.secret, placeOfWitnessSecret(id)),
    timeoutMilliseconds,
    maxObjectBytes,
  });

  /** Without a lock the store would let its administrator write the past anew. */
  const lockHeaders = () =>
    retainDays === null
      ? {}
      : {
          "x-amz-object-lock-mode": "COMPLIANCE",
          "x-amz-object-lock-retain-until-date": new Date(
            now().getTime() + retainDays * millisecondsPerDay,
          ).toISOString(),
        };

  return {
    /** The size of the first checkpoint above a size; null where there is none. */
    async firstAfter(size: number): Promise<number | null> {
      const query = {
        "list-type": "2",
        "max-keys": "1",
        prefix: folder,
        "start-after": folder + nameOf(size),
      };
      const { status, body } = await call({ method: "GET", key: "", query });
      if (status !== 200) throw refused("a list", status);
      const [, key] = /<Key>([^<]*)<\/Key>/.exec(body) ?? [];
      if (key === undefined) {
        if (!/<IsTruncated>\s*true\s*</.test(body)) return null;
        throw new Error("The bucket says that its list goes on, and lists nothing.");
      }
      const name = key.slice(folder.length);
      // A name between two sizes would hide what comes after it.
      if (!key.startsWith(folder) || !/^\d{16}$/.test(name)) {
        throw new Error("The folder of the bucket holds something else than checkpoints.");
      }
      // A store that ignores where to start would answer its oldest for ever.
      if (Number(name) <= size) {
        throw new Error(
          "The bucket lists from its beginning: it needs start-after of ListObjectsV2.",
        );
      }
      return Number(name);
    },

    /** @throws Contradicted where there is none of this size any more */
    async read(size: number): Promise<string> {
      const { status, headers, body } = await call({ method: "GET", key: folder + nameOf(size) });
      if (status === 404) {
        throw new Contradicted(`The bucket lost the checkpoint of ${size} entries.`);
      }
      if (status !== 200) throw refused("a read", status);
      if (retainDays !== null && headers["x-amz-object-lock-mode"] !== "COMPLIANCE") {
        throw new Error(
          `The bucket does not tell that it locks its checkpoint of ${size} entries: it needs Object Lock, and the key s3:GetObjectRetention.`,
        );
      }
      return body;
    },

    /** Whether it was written: false where there is one of this size already. */
    async create(size: number, note: string): Promise<boolean> {
      const body = Buffer.from(note);
      const { status } = await call({
        method: "PUT",
        key: folder + nameOf(size),
        headers: {
          "content-type": "text/plain; charset=utf-8",
          "if-none-match": "*",
          // What a lock asks for: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html
          "content-md5": createHash("md5").update(body).digest("base64"),
          ...lockHeaders(),
        },
        body,
      });
      if (status === 412) return false;
      if (status !== 200) throw refused("a write", status);
      return true;
    },
  };
}

type Bucket = ReturnType<typeof openBucket>;

/** The largest checkpoint above a size; mostly there is none. Any number may lie there, so it halves. */
async function largestAfter(bucket: Bucket, known: number, size: number): Promise<number | null> {
  const first = await bucket.firstAfter(known);
  if (first === null) return null;
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

/**
 * Puts the newest checkpoint into a bucket once what is there is still what the log says of itself: the
 * last that was put there, and the largest above it, which a crash left, or another state of the log.
 */
export const sendToBucket: Send = async (input, witness, { note, size }) => {
  const bucket = openBucket(input, witness);
  const compare = async (kept: number) => {
    const stated = await compareKept(input, await bucket.read(kept), size, "The bucket");
    if (stated !== kept) {
      throw new Contradicted(
        `The bucket holds a checkpoint of ${stated} entries as one of ${kept}.`,
      );
    }
  };
  const { confirmedSize } = witness;
  if (confirmedSize > 0) await compare(confirmedSize);
  const newest = await largestAfter(bucket, confirmedSize, size);
  if (newest !== null && newest > size) {
    throw new Contradicted(`The bucket knows ${newest} entries, the log has ${size}.`);
  }
  if (newest !== null) await compare(newest);
  if ((newest ?? confirmedSize) < size && !(await bucket.create(size, note))) await compare(size);
  return {};
};
