import { createHmac } from "node:crypto";
import type { Database, Tx } from "@muniment/db/database.ts";
import { auditEntries, auditLookup } from "@muniment/db/schema/audit.ts";
import { fingerprintKey } from "@muniment/db/schema/fingerprint-key.ts";
import { type AuditDetails, auditActions } from "@muniment/shared/audit-actions.ts";
import { desc, eq, sql } from "drizzle-orm";
import { type SecretName, secretNames } from "../config.ts";
import type { Secrets } from "../secrets.ts";
import { isOfInstance, type Settings } from "../settings.ts";
import type { DataKeys } from "./data-keys.ts";
import { writeAuditEntry } from "./write.ts";

type Recorded = AuditDetails<"config.changed">;
type Known = Pick<Secrets, "settingsMacs" | "fingerprints">;

/** What the last start that changed anything entered, in the form of today; undefined before the first. */
async function readLast(tx: Tx): Promise<Recorded | undefined> {
  const [last] = await tx
    .select({ details: auditEntries.details })
    .from(auditLookup)
    .innerJoin(auditEntries, eq(auditEntries.id, auditLookup.id))
    .where(eq(auditLookup.action, "config.changed"))
    .orderBy(desc(auditLookup.at), desc(auditLookup.id))
    .limit(1);
  return auditActions["config.changed"].safeParse(last?.details).data;
}

async function readRandom(tx: Tx): Promise<string> {
  const [row] = await tx.select({ key: fingerprintKey.key }).from(fingerprintKey);
  if (!row) throw new Error("fingerprint_key is empty");
  return row.key;
}

/** Tells whether a hidden value is another, without telling the value. */
const macsOf = (hidden: Settings["hidden"], key: Buffer, random: string) =>
  Object.fromEntries(
    Object.entries(hidden).map(([name, value]) => {
      const mac = createHmac("sha256", key).update(`${random}${name}=${value}`);
      return [name, mac.digest("base64url").slice(0, 16)];
    }),
  );

/** Entries of before hold fingerprints that are made of the elements alone, and macs without `random`. */
const plainFingerprint = /^[0-9a-f]{16}$/;
const isOfBefore = ({ rings }: Recorded) =>
  Object.values(rings).some((ring) => ring.some((one) => plainFingerprint.test(one)));

/** What tells elements apart in the log: under a random key, or their text could be tried out by it. */
export const markedRings = (rings: Recorded["rings"], random: string): Recorded["rings"] =>
  Object.fromEntries(
    Object.entries(rings).map(([ring, fingerprints]) => [
      ring,
      fingerprints.map((one) =>
        plainFingerprint.test(one)
          ? createHmac("sha256", random).update(one).digest("base64url").slice(0, 22)
          : one,
      ),
    ]),
  );

/** The names under which two records differ. */
const namesThatDiffer = <T>(before: Record<string, T>, after: Record<string, T>) =>
  [...new Set([...Object.keys(before), ...Object.keys(after)])].filter(
    (name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]),
  );

type Now = { settings: Settings; rings: Recorded["rings"]; keys: Known; random: string };

function changesOf(last: Recorded, { settings, rings, keys, random }: Now) {
  const shown = namesThatDiffer(last.settings, settings.shown);
  // Compared under the key of then; where that has left the ring, nobody can tell any more.
  const before = markedRings(last.rings, random);
  const place = rings.ENCRYPTION_KEY?.indexOf(before.ENCRYPTION_KEY?.[0] ?? "") ?? -1;
  const key = keys.settingsMacs[place];
  const macs = key && macsOf(settings.hidden, key, isOfBefore(last) ? "" : random);
  const hidden = macs ? namesThatDiffer(last.hidden, macs) : [];
  // Entries of before hold those of one node, too.
  const names = [...shown, ...hidden, ...namesThatDiffer(before, rings)].filter(isOfInstance);
  return [...new Set(names)].sort().map((name) => ({
    name,
    from: last.settings[name] ?? null,
    to: settings.shown[name] ?? null,
  }));
}

function rotationOf(ring: SecretName, before: readonly string[], after: readonly string[]) {
  const added = after.filter((element) => !before.includes(element));
  const removed = before.filter((element) => !after.includes(element));
  return { ring, newest: after[0] ?? "", added, removed };
}

/**
 * Enters what differs from the last start that is in the log: `config.changed` with all settings and
 * which of them changed, `key_ring.rotated` for each ring of secrets. The first start enters its
 * settings, as what later ones are compared with.
 */
export async function recordSettings(
  {
    database,
    dataKeys,
    now,
  }: { database: Database; dataKeys: Pick<DataKeys, "seal">; now: () => Date },
  settings: Settings,
  keys: Known,
): Promise<void> {
  const [newest] = keys.settingsMacs;
  if (!newest) throw new Error("the encryption ring is empty");
  await database.transaction({}, async (tx) => {
    // Nodes that start at once compare one after another.
    await tx.execute(sql`select pg_advisory_xact_lock(hashtext('muniment settings'))`);
    const last = await readLast(tx);
    const random = await readRandom(tx);
    const rings = markedRings(keys.fingerprints, random);
    const changed = last ? changesOf(last, { settings, rings, keys, random }) : [];
    if (last && changed.length === 0) return;
    const system = { at: now(), principal: { kind: "anonymous" }, outcome: "success" } as const;
    const hidden = macsOf(settings.hidden, newest, random);
    await writeAuditEntry(tx, dataKeys, {
      ...system,
      action: "config.changed",
      target: { kind: "configuration", id: null },
      details: { changed, settings: settings.shown, hidden, rings },
    });
    const ringsBefore = last && markedRings(last.rings, random);
    for (const ring of secretNames) {
      const before = ringsBefore?.[ring];
      const after = rings[ring] ?? [];
      if (!before || JSON.stringify(before) === JSON.stringify(after)) continue;
      await writeAuditEntry(tx, dataKeys, {
        ...system,
        action: "key_ring.rotated",
        target: { kind: "key_ring", id: ring },
        details: rotationOf(ring, before, after),
      });
    }
  });
}
