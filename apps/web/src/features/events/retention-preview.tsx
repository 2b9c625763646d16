import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { messageOf } from "../../errors.ts";
import { trpc } from "../../trpc.ts";
import { DateTime } from "../../ui/date-time.tsx";
import { formatCount } from "../../ui/format-count.ts";
import { Notice } from "../../ui/notice.tsx";
import { useDebounced } from "../../ui/use-debounced.ts";

const dayMilliseconds = 86_400_000;
const minuteMilliseconds = 60_000;
const typingMilliseconds = 300;

/** How many events a retention of so many days deletes, and from when the rest is. */
export function RetentionPreview({ days }: { days: number }) {
  const [asked, setAsked] = useState(days);
  const settle = useDebounced(setAsked, typingMilliseconds);
  useEffect(() => settle(days), [days]);
  // To the minute, so that looking again soon asks the same.
  const now = Math.floor(Date.now() / minuteMilliseconds) * minuteMilliseconds;
  const cutoff = new Date(now - asked * dayMilliseconds).toISOString();
  const { data, error } = useQuery(
    trpc.events.facets.queryOptions({ to: cutoff, fields: ["level"] }),
  );
  const count = data?.facets[0]?.values.reduce((sum, value) => sum + value.count, 0);
  return (
    <div role="status">
      {error ? (
        <Notice tone="danger">What would be deleted cannot be counted. {messageOf(error)}</Notice>
      ) : count === undefined || asked !== days ? (
        <Notice tone="info">Counting what would be deleted…</Notice>
      ) : (
        <Notice tone={count > 0 ? "warn" : "info"}>
          {count === 0
            ? "No event is"
            : `${formatCount(count)} ${count === 1 ? "event is" : "events are"}`}{" "}
          from before <DateTime value={cutoff} />.{" "}
          {count > 0 && "They are hidden at once, deleted soon, and cannot be brought back."}
        </Notice>
      )}
    </div>
  );
}
