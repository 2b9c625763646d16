import type { AuditEntry } from "@muniment/shared/audit-log.ts";
import { uuid } from "@muniment/shared/values.ts";

const kinds = {
  user: "A user",
  apiKey: "An API key",
  anonymous: "Somebody unknown",
  system: "Muniment itself",
} as const satisfies Record<AuditEntry["actor"]["kind"], string>;

/** The actor as people know it; labels of erased people are gone, their ids stay. */
export function actorName({ kind, id, label }: AuditEntry["actor"]): string {
  if (label) return label;
  return id ? `${kinds[kind]} ${shortId(id)}` : kinds[kind];
}

export function targetName(target: AuditEntry["target"]): string {
  if (!target) return "";
  return target.label ?? (target.id ? `${target.kind} ${shortId(target.id)}` : target.kind);
}

/** The end of a UUIDv7, which is random; its start is a time that neighbours share. Other ids are short enough. */
export function shortId(id: string): string {
  return uuid.safeParse(id).success ? `…${id.slice(-8)}` : id;
}
