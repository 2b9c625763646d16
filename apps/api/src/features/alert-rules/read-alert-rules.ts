import type { alertFirings, alertRules } from "@muniment/db/schema/alert-rules.ts";
import type { AlertFiring, AlertRule } from "@muniment/shared/alert-rules.ts";

export const toAlertRule = (row: typeof alertRules.$inferSelect): AlertRule => ({
  id: row.id,
  name: row.name,
  query: row.query,
  threshold: row.threshold,
  windowMinutes: row.windowMinutes,
  cooldownMinutes: row.cooldownMinutes,
  email: row.email,
  webhookIds: row.webhookIds,
  enabled: row.enabled,
  mutedUntil: row.mutedUntil?.toISOString() ?? null,
  state: row.firingId === null ? "ok" : "firing",
  firingSince: row.firingSince?.toISOString() ?? null,
  lastNoticeAt: row.lastNoticeAt?.toISOString() ?? null,
  lastCount: row.lastCount,
  problem: row.problem,
  createdAt: row.createdAt.toISOString(),
  updatedAt: row.updatedAt.toISOString(),
});

export const toAlertFiring = (row: typeof alertFirings.$inferSelect): AlertFiring => ({
  id: row.id,
  ruleId: row.ruleId,
  openedAt: row.openedAt.toISOString(),
  resolvedAt: row.resolvedAt?.toISOString() ?? null,
  threshold: row.threshold,
  windowMinutes: row.windowMinutes,
  count: row.count,
  peak: row.peak,
  notified: row.notified,
});
