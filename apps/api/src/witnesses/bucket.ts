import { createHash } from "node:crypto";
import type { Egress } from "../egress/egress.ts";
import { createS3Client } from "../egress/s3-client.ts";
import { leftUntil } from "../egress/until.ts";

const timeoutMilliseconds = 10_000;
const maxObjectBytes = 65_536;
/** So many names of a list that its answer is small enough. */
const namesAtOnce = 50;
/** Of a list that is read whole, by whose owner it may be made as long as they like. */
const mostNames = 100_000;
const longestName = 200;

/** Sorts before every size, so that no list from a size on meets it; empty, so that a download is notes alone. */
const probe = ".written-once";

/** So many digits that names sort like sizes. */
const nameOf = (size: number) => String(size).padStart(16, "0");

const hints: Record<number, string> = {
  403: ": the key needs s3:PutObject, s3:PutObjectRetention, s3:GetObject, s3:GetObjectRetention and s3:ListBucket",
  501: ": it needs writes with If-None-Match",
};

const refused = (doing: string, status: number) =>
  new Error(`The bucket answered ${status} to ${doing}${hints[status] ?? ""}.`);

const startsOver = () =>
  new Error("The bucket lists from its beginning: it needs start-after of ListObjectsV2.");

export type BucketSettings = {
  /** `<endpoint>/<bucket>` or `<endpoint>/<bucket>/<folder>`. */
  target: string;
  region: string;
  accessKeyId: string;
  secretAccessKey: string;
};

/** What lies under a size; `lockedUntil` is null where the store tells of no lock that nobody can take back. */
export type Kept = { note: string; lockedUntil: Date | null };

/** Checkpoints in a folder of a bucket, each under the size it is of, never under one that exists. */
export function openBucket(egress: Egress, { target, ...keys }: BucketSettings) {
  const { origin, pathname } = new URL(target);
  const [, bucket = "", ...folders] = pathname.split("/");
  const folder = folders.map((name) => `${name}/`).join("");
  const call = createS3Client({
    ...keys,
    egress,
    base: `${origin}/${bucket}`,
    timeoutMilliseconds,
    maxObjectBytes,
  });

  /** Whether it was written: false where there is something of this name already. */
  async function put(name: string, text: string, lockUntil: Date | null): Promise<boolean> {
    const body = Buffer.from(text);
    const { status } = await call({
      method: "PUT",
      key: folder + name,
      headers: {
        "content-type": "text/plain; charset=utf-8",
        "if-none-match": "*",
        // What a lock asks for: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html
        "content-md5": createHash("md5").update(body).digest("base64"),
        // In the other mode the store would let its administrator write the past anew.
        ...(lockUntil && {
          "x-amz-object-lock-mode": "COMPLIANCE",
          "x-amz-object-lock-retain-until-date": lockUntil.toISOString(),
        }),
      },
      body,
    });
    if (status === 412) return false;
    if (status !== 200) throw refused("a write", status);
    return true;
  }

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
      if (!key.startsWith(folder) || (name !== probe && !/^\d{16}$/.test(name))) {
        throw new Error(
          "The folder of the bucket holds something else than checkpoints: use a new folder.",
        );
      }
      // A store that ignores where to start would answer its oldest for ever.
      if (name === probe || Number(name) <= size) {
        throw startsOver();
      }
      return Number(name);
    },

    /** Null where there is none of this size. */
    async read(size: number): Promise<Kept | null> {
      const { status, headers, body } = await call({ method: "GET", key: folder + nameOf(size) });
      if (status === 404) return null;
      if (status !== 200) throw refused("a read", status);
      const until = new Date(headers["x-amz-object-lock-retain-until-date"] ?? Number.NaN);
      const locked = headers["x-amz-object-lock-mode"] === "COMPLIANCE" && !Number.isNaN(+until);
      return { note: body, lockedUntil: locked ? until : null };
    },

    create: (size: number, note: string, lockUntil: Date | null) =>
      put(nameOf(size), note, lockUntil),

    /**
     * All names in a folder of its own, until a time of `performance.now()`.
     * @throws where there are too many, or something else than what was put there
     */
    async namesIn(inner: string, endsAt: number): Promise<string[]> {
      const prefix = folder + inner;
      const names: string[] = [];
      for (let last = ""; ; last = names.at(-1) ?? "") {
        leftUntil(endsAt);
        const query = {
          "list-type": "2",
          "max-keys": String(namesAtOnce),
          prefix,
          ...(last && { "start-after": prefix + last }),
        };
        const { status, body } = await call({ method: "GET", key: "", query });
        if (status !== 200) throw refused("a list", status);
        const page = [...body.matchAll(/<Key>([^<]*)<\/Key>/g)].flatMap(([, key]) =>
          key?.startsWith(prefix) ? [key.slice(prefix.length)] : [],
        );
        if (page.some((name) => name <= last)) throw startsOver();
        names.push(...page);
        if (page.length === 0) return names;
        if (names.length > mostNames || page.some(({ length }) => length > longestName)) {
          throw new Error(`The folder ${inner} of the bucket holds more than was put there.`);
        }
      }
    },

    /** Puts an empty object into such a folder, unless it is there. */
    createIn: (inner: string, name: string, lockUntil: Date | null) =>
      put(inner + name, "", lockUntil),

    /** @throws where the store would write over what is there */
    async probe(lockUntil: Date | null): Promise<void> {
      // Whoever was here before left it, and then one refusal has shown enough.
      if ((await put(probe, "", lockUntil)) && (await put(probe, "", lockUntil))) {
        throw new Error(
          "The bucket writes over what is there: its store does not honour If-None-Match.",
        );
      }
    },
  };
}

export type Bucket = ReturnType<typeof openBucket>;
