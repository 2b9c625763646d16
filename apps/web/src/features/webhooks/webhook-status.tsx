import type { Webhook } from "@muniment/shared/webhooks.ts";
import { Badge } from "../../ui/badge.tsx";

export function WebhookStatus({ webhook }: { webhook: Webhook }) {
  if (webhook.disabledForFailing) return <Badge tone="danger">off: nothing arrived</Badge>;
  if (!webhook.enabled) return <Badge tone="neutral">off</Badge>;
  if (webhook.failingSince) return <Badge tone="warn">failing</Badge>;
  return <Badge tone="ok">on</Badge>;
}
