import type { Event, Receipt } from "@muniment/shared/events.ts";
import type { SentEvent } from "@muniment/shared/sent-event.ts";

/** What a query parameter means, and one that works. */
export const query: Record<string, { description?: string; example?: unknown }> = {
  agentId: { description: "Only events of this agent." },
  types: { description: "Exact types, or prefixes ending in *.", example: ["ssh.*"] },
  levels: { example: ["warn", "error"] },
  subject: { example: "user:42" },
  traceId: { example: "4bf92f3577b34da6a3ce929d0e0e4736" },
  text: { description: "A part of the message, in upper or lower case.", example: "invalid user" },
  props: {
    description: "Tests of properties, all of which must hold.",
    example: [{ op: "gte", path: "http.status", value: 500 }],
  },
  query: {
    description: "The same and more in one text.",
    example: 'type:ssh.* level>=warn "invalid user" since:24h',
  },
  from: { description: "Inclusive, on occurredAt.", example: "2026-11-21T00:00:00Z" },
  to: { description: "Exclusive, on occurredAt.", example: "2026-11-22T00:00:00Z" },
  cursor: { description: "nextCursor of the page before." },
  limit: { description: "Events on a page.", example: 50 },
};

export const sent: SentEvent = {
  id: "0193a5c2-7b1e-7c3d-9a52-4f6f3d0e8b10",
  type: "deploy.finished",
  occurredAt: "2026-11-21T08:00:00.000Z",
  level: "info",
  message: "v1.4.2 is live",
  subject: "service:shop",
  props: { seconds: 42, regions: ["eu", "us"] },
};

export const receiptOf: Receipt = {
  batchId: "0193a5c2-7c00-7000-8000-000000000001",
  receivedAt: "2026-11-21T08:00:00.250Z",
  accepted: 1,
  duplicates: 0,
  rejected: [],
};

export const event: Event = {
  id: "0193a5c2-7b1e-7c3d-9a52-4f6f3d0e8b10",
  agentId: "0193a5c2-0000-7000-8000-000000000002",
  type: "deploy.finished",
  occurredAt: "2026-11-21T08:00:00.000Z",
  receivedAt: "2026-11-21T08:00:00.250Z",
  level: "info",
  message: "v1.4.2 is live",
  subject: "service:shop",
  traceId: null,
  seq: null,
  props: { seconds: 42, regions: ["eu", "us"] },
};

export const page = <T>(items: T[]) => ({ items, nextCursor: null });
