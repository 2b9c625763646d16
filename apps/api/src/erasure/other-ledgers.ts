import type { Database } from "@muniment/db/database.ts";
import { witnesses } from "@muniment/db/schema/witnesses.ts";
import { eq } from "drizzle-orm";
import type { Config } from "../config.ts";
import type { Egress } from "../egress/egress.ts";
import type { Encryption } from "../encryption.ts";
import type { Secrets } from "../secrets.ts";
import type { Bucket } from "../witnesses/bucket.ts";
import { lockUntil, openPlace } from "../witnesses/send-to-bucket.ts";
import {
  byStamp,
  createStamps,
  fromObjectName,
  type LedgerPlace,
  ledgerFile,
  type Stamps,
  toObjectName,
} from "./ledger.ts";

type Input = {
  config: Pick<Config, "auditCheckpointFile">;
  database: Database;
  egress: Egress;
  encryption: Encryption;
  secrets: Pick<Secrets, "erasureLists">;
  now: () => Date;
};

/** Sorts before the checkpoints of the same folder, so that no list of those meets it. */
const folder = ".erasures/";

/** What was found there once is not asked for again; what others add since, they added to the database too. */
function ledgerBucket(
  name: string,
  bucket: Bucket,
  stamps: Stamps,
  lock: () => Date | null,
): LedgerPlace {
  let known: ReturnType<typeof byStamp> | undefined;
  return {
    name,
    async read(endsAt) {
      known ??= byStamp(stamps, (await bucket.namesIn(folder, endsAt)).flatMap(fromObjectName));
      return known.lines.length === 0 ? { ...known, lines: null } : known;
    },
    async append(lines) {
      for (const one of lines) {
        await bucket.createIn(folder, toObjectName(one, stamps), lock());
        known?.lines.push(one);
      }
    },
  };
}

/**
 * Places off the machine that take the list of erasures and give it back: those of the checkpoints that
 * can be read, a file on a disk of others and buckets.
 */
export function openOtherLedgers(input: Input): () => Promise<LedgerPlace[]> {
  const { config, database, now } = input;
  const stamps = createStamps(input.secrets.erasureLists);
  const path = config.auditCheckpointFile;
  const files = path
    ? [ledgerFile("the file beside AUDIT_CHECKPOINT_FILE", `${path}.erasures.jsonl`, stamps)]
    : [];
  const buckets = new Map<string, LedgerPlace>();
  return async () => {
    const rows = await database
      .background({})
      .select()
      .from(witnesses)
      .where(eq(witnesses.kind, "bucket"));
    const places = rows.map((row) => {
      const known = buckets.get(row.id);
      if (known) return known;
      const { bucket, retainDays } = openPlace(input, row);
      const place = ledgerBucket(`the bucket ${row.target}`, bucket, stamps, () =>
        lockUntil(now().getTime(), retainDays),
      );
      buckets.set(row.id, place);
      return place;
    });
    return [...files, ...places];
  };
}
