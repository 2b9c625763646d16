import { z } from "zod";
import { auditActionNames } from "./audit-actions.ts";
import { interval } from "./events.ts";
import { calendarTimeInput, page, pageInput, searchText, timestamp, uuid } from "./values.ts";

export const auditOutcomes = ["success", "refused", "failed"] as const;
export const auditOutcome = z.enum(auditOutcomes);

/** Who acted: a user, an API key of one, nobody known, or the system itself. `label` is a personal field. */
export const auditActor = z.strictObject({
  kind: z.enum(["user", "apiKey", "anonymous", "system"]),
  id: uuid.nullable(),
  label: z.string().nullable(),
});

/** What was acted on. */
export const auditTarget = z.strictObject({
  kind: z.string(),
  id: z.string().nullable(),
  label: z.string().nullable(),
});

/** One line of the audit log. `index` is null until the entry has been sealed into the log. */
export const auditEntry = z.strictObject({
  id: uuid,
  index: z.number().int().nullable(),
  at: timestamp,
  actor: auditActor,
  action: z.string(),
  target: auditTarget.nullable(),
  outcome: auditOutcome,
  address: z.string().nullable(),
  requestId: z.string().nullable(),
  details: z.record(z.string(), z.unknown()),
});
export type AuditEntry = z.infer<typeof auditEntry>;

const auditFilters = {
  actions: z.array(z.enum(auditActionNames)).min(1).max(50).optional(),
  outcomes: z.array(auditOutcome).min(1).max(3).optional(),
  actorId: uuid.optional(),
  targetId: searchText(128).optional(),
  from: calendarTimeInput.optional(),
  to: calendarTimeInput.optional(),
};
export type AuditFilters = z.infer<z.ZodObject<typeof auditFilters>>;

export const searchAuditInput = z.strictObject({ ...auditFilters, ...pageInput }).optional();

/** What the entries of an interval are told apart by: how they ended, or the resource of the action. */
export const auditDimensions = ["outcome", "resource"] as const;
export type AuditDimension = (typeof auditDimensions)[number];

/** Without `from` it begins with the oldest entry of the log, without `to` it ends now. */
export const auditTimeseriesInput = z
  .strictObject({
    ...auditFilters,
    interval: interval.optional(),
    by: z.enum(auditDimensions).optional(),
  })
  .optional();
/** Every interval of the range is present; the counts add up to the entries that `search` pages through. */
export const auditTimeseries = z.strictObject({
  interval,
  buckets: z.array(
    z.strictObject({
      start: timestamp,
      count: z.number().int().min(0),
      by: z.record(z.string(), z.number().int().min(0)),
    }),
  ),
});
export type AuditTimeseries = z.infer<typeof auditTimeseries>;
export const auditPage = page(auditEntry);
export const auditIdInput = z.strictObject({ id: uuid });

const index = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
const size = index;
/** SHA-256 in base 64. */
const hash = z.string().length(44);

/** The newest signed statement of the log's size and root. */
export const auditCheckpoint = z.strictObject({
  origin: z.string(),
  size,
  rootHash: hash,
  at: timestamp,
  /** The checkpoint as it was signed, https://c2sp.org/tlog-checkpoint. */
  note: z.string(),
  /** The keys that sign now, newest first, as https://c2sp.org/signed-note has them. */
  verifierKeys: z.array(z.string()),
  /** Why the node that answers does not extend the log; null while it does. */
  problem: z.string().nullable(),
});
export type AuditCheckpoint = z.infer<typeof auditCheckpoint>;

/** `size` defaults to that of the newest checkpoint. */
export const inclusionProofInput = z.strictObject({ index, size: size.min(1).optional() });
export const inclusionProof = z.strictObject({
  index,
  size,
  leafHash: hash,
  hashes: z.array(hash),
});

export const consistencyProofInput = z.strictObject({ from: size, to: size });
export const consistencyProof = z.strictObject({ from: size, to: size, hashes: z.array(hash) });

export const maxEvidenceEntries = 256;

/** `count` entries from the index `from` on. */
export const evidenceInput = z.strictObject({
  from: index,
  count: z.number().int().min(1).max(maxEvidenceEntries),
});

const personalData = z
  .strictObject({
    salt: z.string(),
    label: z.string().optional(),
    address: z.string().optional(),
    userAgent: z.string().optional(),
  })
  .nullable();

/** What `verifyEvidence` of packages/verify takes. */
export const evidence = z.strictObject({
  format: z.literal("muniment-evidence/1"),
  keys: z.array(z.string()),
  witnesses: z.array(z.string()).optional(),
  checkpoint: z.string(),
  ranges: z.array(
    z.strictObject({
      from: index,
      entries: z.array(
        z.strictObject({ leaf: z.string(), hash, actor: personalData, target: personalData }),
      ),
      left: z.array(hash),
      right: z.array(hash),
    }),
  ),
});

/** `html` is a bundle with the page that verifies it; `ocsf` is NDJSON of another schema. */
export const auditExportFormats = ["html", "json", "ndjson", "csv", "ocsf"] as const;
export type AuditExportFormat = (typeof auditExportFormats)[number];

/** A bundle is verified whole, by a page that holds it in memory. */
export const maxBundleEntries = 10_000;

/** Entries from the index `from` on, up to and without `to`; by default all that are sealed. */
export const auditExportInput = z.strictObject({
  format: z.enum(auditExportFormats),
  from: index.optional(),
  to: size.optional(),
});

/** Where the export is fetched from, once and within a minute, by the same user. */
export const auditExport = z.strictObject({
  path: z.string(),
  from: index,
  to: size,
  expiresAt: timestamp,
});
