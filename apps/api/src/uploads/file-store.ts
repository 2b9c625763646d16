import type { Config } from "../config.ts";
import { createDiskStore } from "./disk-store.ts";
import { createS3Store } from "./s3-store.ts";

/** Where the bytes of files lie, encrypted, under names of the server's own. */
export type FileStore = {
  /** Durable when it resolves; on failure nothing is left under the name. */
  put(id: string, bytes: Buffer): Promise<void>;
  /** Null when there is nothing under the name. */
  get(id: string): Promise<Buffer | null>;
  /** Succeeds, too, when there is nothing. */
  remove(id: string): Promise<void>;
};

export const createFileStore = ({ s3, dataDir }: Pick<Config, "s3" | "dataDir">): FileStore =>
  s3 ? createS3Store(s3) : createDiskStore(dataDir);
