import { formatCount } from "../../ui/format-count.ts";
import { Notice } from "../../ui/notice.tsx";
import type { Arrivals } from "./arrivals.ts";

type Props = Pick<Arrivals, "dropped" | "deleted"> & { onReload: () => void };

const events = (count: number) => `${formatCount(count)} ${count === 1 ? "event" : "events"}`;
const were = (count: number) => (count === 1 ? "was" : "were");

/** What of the live events is not in the list. */
export function Missed({ dropped, deleted, onReload }: Props) {
  if (dropped === 0 && deleted === 0) return null;
  return (
    <div role="status" className="mb-2">
      <Notice tone="warn">
        {dropped > 0 && `${events(dropped)} that came in ${were(dropped)} left out of the list. `}
        {deleted === null && "Some events may have been deleted before they came here. "}
        {deleted !== null &&
          deleted > 0 &&
          `${events(deleted)} ${were(deleted)} deleted before coming here. `}
        <button type="button" className="underline" onClick={onReload}>
          Load the list again
        </button>
      </Notice>
    </div>
  );
}
