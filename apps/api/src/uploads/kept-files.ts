import type { Database } from "@muniment/db/database.ts";
import { storedFiles } from "@muniment/db/schema/uploads.ts";
import { eq } from "drizzle-orm";
import type { DataKeys } from "../audit/data-keys.ts";
import { openBytes, sealBytes } from "../encryption.ts";
import { AppError } from "../errors.ts";
import type { FileStore } from "./file-store.ts";
import { removeFew } from "./remove-few.ts";

/** Each file has a key of its own, derived from its owner's, so a nonce of zeros is used once. */
const onceNonce = Buffer.alloc(12);
const placeOf = (id: string) => `upload:${id}`;

/** Longer than a file can be on its way between its first row and its second. */
const underWayMilliseconds = 300_000;
const sweptAtOnce = 500;
/** A slow store must not keep the other recurring jobs waiting; the next sweep goes on. */
const removingMilliseconds = 30_000;

/** Users' files in the store, each encrypted under its owner's key: with that key they are erased. */
export type KeptFiles = {
  /** @throws AppError `not_found` when the owner is erased meanwhile, `storage_unavailable` */
  put(userId: string, id: string, bytes: Uint8Array): Promise<void>;
  /** Null when there is nothing to read any more. @throws AppError `storage_unavailable` */
  read(userId: string, id: string): Promise<Buffer | null>;
  /**
   * Removes files whose rows are gone, for half a minute; what is not removed then is found by `sweep`.
   * @throws AppError `storage_unavailable` when one could not be removed, after trying the others
   */
  remove(ids: readonly string[]): Promise<void>;
  /** Removes what no upload names: it was deleted, with its event or its owner, or its call broke off. */
  sweep(): Promise<void>;
};

export function createKeptFiles(
  store: FileStore,
  {
    database,
    dataKeys,
    now,
  }: { database: Database; dataKeys: Pick<DataKeys, "keyFor">; now: () => Date },
): KeptFiles {
  async function remove(ids: readonly string[]): Promise<void> {
    await removeFew(ids, removingMilliseconds, async (id) => {
      await store.remove(id);
      await database.transaction({}, (tx) => tx.delete(storedFiles).where(eq(storedFiles.id, id)));
    });
  }
  return {
    async put(userId, id, bytes) {
      const key = await dataKeys.keyFor(userId, placeOf(id));
      if (!key) throw new AppError("not_found", "There is no such account.");
      const sealed = sealBytes(
        key,
        onceNonce,
        Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length),
        placeOf(id),
      );
      await database.transaction({}, (tx) =>
        tx.insert(storedFiles).values({ id, createdAt: now() }),
      );
      await store.put(id, sealed);
    },
    async read(userId, id) {
      const [key, sealed] = await Promise.all([
        dataKeys.keyFor(userId, placeOf(id)),
        store.get(id),
      ]);
      return key && sealed && openBytes(key, sealed, placeOf(id));
    },
    remove,
    async sweep() {
      const before = new Date(now().getTime() - underWayMilliseconds).toISOString();
      const rows = await database.raw`
        select files_of_nothing(${before}::text::timestamptz, ${sweptAtOnce}::int) as id`;
      await remove(rows.map(({ id }) => id as string));
    },
  };
}
