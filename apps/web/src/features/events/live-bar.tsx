import { ArrowUp, Pause, Play } from "lucide-react";
import { messageOf } from "../../errors.ts";
import { Button } from "../../ui/button.tsx";
import { cx } from "../../ui/class-names.ts";
import { formatCount } from "../../ui/format-count.ts";
import { mostArrivals } from "./arrivals.ts";

type Props = {
  status: "idle" | "connecting" | "pending" | "error";
  error: unknown;
  reconnect: () => void;
  /** Events that came in and are not in the list yet. */
  waiting: number;
  paused: boolean;
  onPause: (paused: boolean) => void;
  onShow: () => void;
};

/** Sticks to the top while the page is live: the connection's state, pause, and what waits to be shown. */
export function LiveBar({ status, error, reconnect, waiting, paused, onPause, onShow }: Props) {
  const state = stateOf(status, error, paused, waiting > 0);
  return (
    <div className="sticky top-12 z-20 mb-2 flex min-h-10 flex-wrap items-center gap-x-3 gap-y-1 rounded-lg border bg-raised px-3 py-1 text-sm lg:top-0">
      <span
        aria-hidden
        className={cx("size-2 shrink-0 rounded-full", state.color, state.moving && "animate-pulse")}
      />
      <span aria-live="polite" className="min-w-0 grow">
        {state.text}
      </span>
      {waiting > 0 && (
        <Button variant="primary" size="sm" onClick={onShow}>
          <ArrowUp aria-hidden />
          {waiting === mostArrivals && "More than "}
          {formatCount(waiting)} new {waiting === 1 ? "event" : "events"}
        </Button>
      )}
      {status === "error" ? (
        <Button size="sm" onClick={reconnect}>
          Connect again
        </Button>
      ) : (
        <Button size="sm" variant="ghost" onClick={() => onPause(!paused)}>
          {paused ? <Play aria-hidden /> : <Pause aria-hidden />}
          {paused ? "Continue" : "Pause"}
        </Button>
      )}
    </div>
  );
}

function stateOf(status: Props["status"], error: unknown, paused: boolean, waits: boolean) {
  if (status === "error") {
    return { text: `Live updates stopped. ${messageOf(error) ?? ""}`, color: "bg-danger" };
  }
  if (status === "connecting" && error) {
    return { text: "The connection was lost. Reconnecting…", color: "bg-warn", moving: true };
  }
  if (status !== "pending") return { text: "Connecting…", color: "bg-warn", moving: true };
  if (paused) return { text: "Paused: new events are counted, not shown.", color: "bg-faint" };
  if (waits) return { text: "Live: new events wait above.", color: "bg-ok", moving: true };
  return { text: "Live: new events appear as they come in.", color: "bg-ok", moving: true };
}
