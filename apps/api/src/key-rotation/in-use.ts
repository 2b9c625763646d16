import { auditActions } from "@muniment/shared/audit-actions.ts";
import type postgres from "postgres";
import { markedRings } from "../audit/record-settings.ts";
import { type SecretName, type SecretRings, secretNames } from "../config.ts";
import { deriveSecrets, type Secrets } from "../secrets.ts";

type Marks = Record<string, string[]>;

/** What tells elements apart: those of these secrets, and of the starts in the audit log, the last first. */
async function readMarks(sql: postgres.ISql, fingerprints: Marks) {
  const [random] = await sql`select key from fingerprint_key`;
  const marks = (rings: Marks): Marks => markedRings(rings, random?.key ?? "");
  const rows = await sql`
    select e.at, e.details from audit_lookup l join audit_entries e on e.id = l.id
    where l.action = 'config.changed' order by l.at desc, l.id desc`;
  const starts = rows.map(({ at, details }) => {
    const { data } = auditActions["config.changed"].safeParse(details);
    return { at: at as Date, rings: marks(data?.rings ?? {}) };
  });
  return { present: marks(fingerprints), starts };
}

/**
 * The rings, each with the element first that servers make things with, as the last start that entered
 * anything has it: what a command makes beside them they can read then. `sql` is the owner's.
 */
export async function ringsInUse(sql: postgres.ISql, rings: SecretRings): Promise<SecretRings> {
  const { present, starts } = await readMarks(sql, deriveSecrets(rings).fingerprints);
  const [last] = starts;
  const usedFirst = (name: SecretName) => {
    const place = present[name]?.indexOf(last?.rings[name]?.[0] ?? "") ?? -1;
    const used = rings[name][place];
    if (used === undefined) return rings[name];
    return [used, ...rings[name].filter((one) => one !== used)];
  };
  return {
    JWT_SECRET: usedFirst("JWT_SECRET"),
    API_KEY_SECRET: usedFirst("API_KEY_SECRET"),
    ENCRYPTION_KEY: usedFirst("ENCRYPTION_KEY"),
    AUDIT_SIGNING_KEY: usedFirst("AUDIT_SIGNING_KEY"),
  };
}

/**
 * Since when servers make things with the newest element of each ring, as their starts entered it in the
 * audit log; null where the last start that entered anything had another one.
 */
export async function newestInUseSince(
  sql: postgres.ISql,
  { fingerprints }: Pick<Secrets, "fingerprints">,
): Promise<Record<SecretName, Date | null>> {
  const { present, starts } = await readMarks(sql, fingerprints);
  const since = (ring: SecretName) => {
    const newest = present[ring]?.[0];
    const other = starts.findIndex(({ rings }) => rings[ring]?.[0] !== newest);
    return starts.slice(0, other === -1 ? undefined : other).at(-1)?.at ?? null;
  };
  return Object.fromEntries(secretNames.map((ring) => [ring, since(ring)])) as Record<
    SecretName,
    Date | null
  >;
}
