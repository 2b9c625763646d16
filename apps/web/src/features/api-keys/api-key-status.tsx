import type { ApiKey } from "@muniment/shared/api-keys.ts";
import { Badge, type Tone } from "../../ui/badge.tsx";

const shown = {
  active: { tone: "ok", meaning: "Works." },
  retiring: { tone: "warn", meaning: "Was rotated; works until it expires." },
  revoked: { tone: "neutral", meaning: "Does not work any more." },
  expired: { tone: "neutral", meaning: "Its time is over; it does not work any more." },
} as const satisfies Record<ApiKey["status"], { tone: Tone; meaning: string }>;

export function ApiKeyStatus({ apiKey }: { apiKey: ApiKey }) {
  const { tone, meaning } = shown[apiKey.status];
  return (
    <span title={meaning}>
      <Badge tone={tone}>{apiKey.status}</Badge>
    </span>
  );
}
