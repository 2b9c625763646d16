import type { Event } from "@muniment/shared/events.ts";
import { skipToken, useQuery, useQueryClient } from "@tanstack/react-query";
import { ChevronDown, ChevronUp, X } from "lucide-react";
import { useEffect, useRef } from "react";
import { problemOf } from "../../errors.ts";
import { trpc } from "../../trpc.ts";
import { Button } from "../../ui/button.tsx";
import { ErrorState } from "../../ui/error-state.tsx";
import { Kbd } from "../../ui/kbd.tsx";
import { DetailsSkeleton } from "../../ui/skeleton.tsx";
import { EventDetails } from "./event-details.tsx";
import { listQuery } from "./events-queries.ts";
import type { View } from "./events-search.ts";
import { useSelected, useUpdate } from "./use-explorer.ts";

/** The details of the selected event beside the list, which stays usable. */
export function EventPanel({ view }: { view: View }) {
  const id = useSelected();
  const update = useUpdate();
  const panel = useRef<HTMLElement>(null);
  const shown = useRef(id);
  const listed = useListedEvent(view, id);
  const query = useQuery({
    ...trpc.events.get.queryOptions(id ? { id } : skipToken),
    ...(listed && { initialData: listed }),
  });
  const open = id !== undefined;
  useEffect(() => {
    if (!open) return;
    panel.current?.focus({ preventScroll: true });
    return () => focusRow(shown.current);
  }, [open]);
  if (!open) return null;
  shown.current = id;
  const close = () => update({ event: undefined }, { replace: true });
  const problem = query.error && problemOf(query.error);
  return (
    <aside
      ref={panel}
      tabIndex={-1}
      aria-label="Event details"
      className="fixed inset-y-0 right-0 z-30 flex w-[min(32rem,100vw)] animate-slide-in flex-col border-l bg-surface shadow-elevation focus:outline-none"
    >
      <header className="flex items-center gap-1 border-b px-4 py-2">
        <h2 aria-live="polite" className="min-w-0 grow truncate font-mono text-sm font-semibold">
          {query.data?.type ?? "Event"}
        </h2>
        <span aria-hidden className="hidden items-center gap-1 text-xs text-faint sm:flex">
          <Kbd>j</Kbd>
          <Kbd>k</Kbd>
          <span className="mr-1 whitespace-nowrap">to move</span>
        </span>
        <StepButton name="k" label="Previous event" />
        <StepButton name="j" label="Next event" />
        <Button variant="ghost" size="iconSm" aria-label="Close the details" onClick={close}>
          <X aria-hidden />
        </Button>
      </header>
      <div className="min-h-0 grow overflow-y-auto px-4 py-3">
        {query.data && <EventDetails event={query.data} />}
        {query.isLoading && <DetailsSkeleton />}
        {problem && (
          <ErrorState
            title="The event could not be loaded"
            message={problem.message}
            requestId={problem.requestId}
            onRetry={() => void query.refetch()}
          />
        )}
      </div>
    </aside>
  );
}

/** The event as the list has it, so that moving through the list loads nothing. */
function useListedEvent(view: View, id: string | undefined): Event | undefined {
  const list = useQueryClient().getQueryData(listQuery(view).queryKey);
  return list?.pages.flatMap(({ items }) => items).find((event) => event.id === id);
}

/** Gives the focus back to where it would have been. */
function focusRow(id: string | undefined) {
  document.querySelector<HTMLElement>(`[data-event="${id}"]`)?.focus({ preventScroll: true });
}

/** Does what the key does, for those who have no keyboard. */
function StepButton({ name, label }: { name: "j" | "k"; label: string }) {
  const Icon = name === "j" ? ChevronDown : ChevronUp;
  return (
    <Button
      variant="ghost"
      size="iconSm"
      aria-label={label}
      onClick={() => dispatchEvent(new KeyboardEvent("keydown", { key: name }))}
    >
      <Icon aria-hidden />
    </Button>
  );
}
