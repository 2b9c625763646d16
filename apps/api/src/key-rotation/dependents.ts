import type postgres from "postgres";
import { readCheckpoint } from "../audit/checkpoints.ts";
import { createNoteSigner } from "../audit/note-signer.ts";
import { type Config, type SecretName, secretNames } from "../config.ts";
import { createEncryption, idOfKey } from "../encryption.ts";
import type { Secrets } from "../secrets.ts";
import { certificatesUnderOlder, names } from "./certificates.ts";
import { encryptedColumns } from "./encrypted-columns.ts";
import { newestInUseSince } from "./in-use.ts";

/** What would stop to work, or to be known, without the older elements of a ring. */
export type Dependent = {
  what: string;
  /** Null where nobody can count them. */
  count: number | null;
  /** What ends it. */
  remedy: string;
  /** It is the operator's to say that it is settled, or is no loss. */
  acceptable: boolean;
};

export type RingUse = {
  /** Since when servers make things with the newest element; null: none has started with it yet. */
  newestInUseSince: Date | null;
  dependents: Dependent[];
};

type Input = { config: Config; secrets: Secrets; now: Date };
type Find = (sql: postgres.ISql, input: Input, since: Date) => Promise<(Dependent | null)[]>;

/** Beyond the life of a token: clocks differ, and a call may be on its way. */
const marginMilliseconds = 60_000;
/** As `expire-data-keys` destroys them (erasure/jobs.ts). */
const strangersDays = 180;

const some = (count: number, what: string, remedy: string, acceptable = false): Dependent | null =>
  count > 0 ? { what, count, remedy, acceptable } : null;

const tokens: Find = async (_, { config, now }, since) => {
  const end = new Date(since.getTime() + config.accessTokenSeconds * 1000 + marginMilliseconds);
  if (end <= now) return [];
  const what = "access tokens that an older element signed";
  const remedy = `the last one ends at ${end.toISOString()}`;
  return [{ what, count: null, remedy, acceptable: false }];
};

const apiKeys: Find = async (sql, { secrets, now }) => {
  const [newest] = secrets.apiKeyHmac;
  const [row] = await sql`
    select count(*)::int as count from api_keys
    where revoked_at is null and (expires_at is null or expires_at > ${now})
      and hmac_key is distinct from ${newest ? idOfKey(newest) : null}`;
  return [
    some(
      row?.count,
      "API keys that were not used since",
      "each is stored anew when it is used; rotate or revoke the others",
    ),
  ];
};

const encrypted: Find = async (sql, { secrets }, since) => {
  const { newestHead } = createEncryption(secrets.encryption);
  const found: (Dependent | null)[] = [];
  for (const { table, column } of encryptedColumns) {
    const [row] = await sql`
      select count(*)::int as count from ${sql(table)}
      where not starts_with(${sql(column)}, ${newestHead})`;
    found.push(some(row?.count, `rows of ${table}.${column}`, "muniment rotate-keys --reencrypt"));
  }
  const [row] = await sql`
    select count(*)::int as count, max(created_at) as newest from data_keys
    where starts_with(subject, 'email:') and created_at < ${since}`;
  const end = new Date((row?.newest?.getTime() ?? 0) + strangersDays * 86_400_000);
  return [
    ...found,
    some(
      row?.count,
      "keys of people without an account, which erasing an address finds by a hash under an older element",
      `the last is destroyed by ${end.toISOString()} at the latest; --accept leaves them until then`,
      true,
    ),
  ];
};

const signed: Find = async (sql, { secrets }, since) => {
  const last = await readCheckpoint(sql);
  const [newest] = createNoteSigner(secrets.auditSigning, last?.origin ?? "").keys;
  const isSigned = last !== null && names(last.note, newest);
  const [places] = await sql`
    select count(*) filter (where kind in ('file', 'bucket') and confirmed_size < first.size)::int as kept,
      count(*) filter (where kind = 'witness')::int as witnesses,
      (select count(*)::int from witnessed_logs) as logs
    from witnesses, (
      select coalesce(min(size), 9223372036854775807) as size from audit_checkpoints where at >= ${since}
    ) as first`;
  const certificates = await certificatesUnderOlder(sql, secrets.auditSigning);
  return [
    some(isSigned ? 0 : 1, "the newest checkpoint", "the next one is signed by all elements"),
    some(certificates.length, "certificates of erasures", "muniment rotate-keys --reencrypt"),
    some(
      places?.kept,
      "places whose newest checkpoint only an older element signed",
      "wait until checkpoints have arrived there again, or remove the place",
    ),
    some(
      places?.witnesses,
      "witnesses, which cosign what a key signed that they know",
      "give each the log's new key (muniment admin witness-log on its side), then --accept",
      true,
    ),
    some(
      places?.logs,
      "logs of others that know this installation as a witness by its key",
      "give each the new witness key, then --accept",
      true,
    ),
  ];
};

const finders: Record<SecretName, Find> = {
  JWT_SECRET: tokens,
  API_KEY_SECRET: apiKeys,
  ENCRYPTION_KEY: encrypted,
  AUDIT_SIGNING_KEY: signed,
};

/** How many elements each ring of these secrets has. */
const depthsOf = ({ fingerprints }: Pick<Secrets, "fingerprints">) =>
  Object.fromEntries(secretNames.map((name) => [name, fingerprints[name].length])) as Record<
    SecretName,
    number
  >;

/** What depends on older elements, of each ring; nothing of one that has none. `sql` is the owner's. */
export async function findDependents(
  sql: postgres.ISql,
  input: Input,
): Promise<Record<SecretName, RingUse>> {
  const inUse = await newestInUseSince(sql, input.secrets);
  const depths = depthsOf(input.secrets);
  const uses = await Promise.all(
    secretNames.map(async (name): Promise<[SecretName, RingUse]> => {
      const since = inUse[name];
      const found = since && depths[name] > 1 ? await finders[name](sql, input, since) : [];
      const dependents = found.filter((one) => one !== null);
      return [name, { newestInUseSince: since, dependents }];
    }),
  );
  return Object.fromEntries(uses) as Record<SecretName, RingUse>;
}
