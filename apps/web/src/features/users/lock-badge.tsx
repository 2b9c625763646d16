import { Badge } from "../../ui/badge.tsx";
import { utc } from "../../ui/date-time.tsx";
import { useNow } from "../../ui/use-now.ts";

/** Stands beside an account that takes no attempts to sign in from devices it does not know. */
export function LockBadge({ until }: { until: string | null }) {
  const now = useNow();
  if (until === null || Date.parse(until) <= now) return null;
  return (
    <span title={`Until ${utc(until)}`}>
      <Badge tone="warn">locked</Badge>
    </span>
  );
}
