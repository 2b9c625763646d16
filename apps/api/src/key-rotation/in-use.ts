import { auditActions } from "@muniment/shared/audit-actions.ts";
import type postgres from "postgres";
import { markedRings } from "../audit/record-settings.ts";
import { type SecretName, secretNames } from "../config.ts";
import type { Secrets } from "../secrets.ts";

/**
 * Since when servers make things with the newest element of each ring, as their starts entered it in the
 * audit log; null where the last start that entered anything had another one.
 */
export async function newestInUseSince(
  sql: postgres.ISql,
  { fingerprints }: Pick<Secrets, "fingerprints">,
): Promise<Record<SecretName, Date | null>> {
  const [random] = await sql`select key from fingerprint_key`;
  const marks = (rings: Record<string, string[]>) => markedRings(rings, random?.key ?? "");
  const present = marks(fingerprints);
  const rows = await sql`
    select at, details from audit_entries where action = 'config.changed' order by at desc, id desc`;
  const starts = rows.map(({ at, details }) => {
    const { data } = auditActions["config.changed"].safeParse(details);
    return { at: at as Date, rings: marks(data?.rings ?? {}) };
  });
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
