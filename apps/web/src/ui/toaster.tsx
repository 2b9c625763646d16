import { CircleAlert, CircleCheck, X } from "lucide-react";
import { useEffect, useSyncExternalStore } from "react";
import { type Toast, toastStore } from "./toast.ts";

const shownMilliseconds = { ok: 5000, danger: 10_000 } as const satisfies Record<
  Toast["tone"],
  number
>;

/** Shows the toasts. The region is there from the start, so that screen readers announce what is added. */
export function Toaster() {
  const toasts = useSyncExternalStore(toastStore.subscribe, toastStore.get);
  return (
    <div
      role="status"
      aria-live="polite"
      className="pointer-events-none fixed right-0 bottom-0 z-50 grid w-[min(24rem,100vw)] gap-2 p-4"
    >
      {toasts.map((toast) => (
        <Item key={toast.id} toast={toast} />
      ))}
    </div>
  );
}

function Item({ toast }: { toast: Toast }) {
  useEffect(() => {
    const timer = setTimeout(() => toastStore.remove(toast.id), shownMilliseconds[toast.tone]);
    return () => clearTimeout(timer);
  }, [toast]);

  const Icon = toast.tone === "ok" ? CircleCheck : CircleAlert;
  return (
    <div className="pointer-events-auto flex animate-rise items-start gap-2 rounded-lg border bg-raised px-3 py-2.5 shadow-elevation">
      <Icon
        aria-hidden
        className={`mt-0.5 size-4 shrink-0 ${toast.tone === "ok" ? "text-ok" : "text-danger"}`}
      />
      <p className="min-w-0 grow text-sm break-words">{toast.text}</p>
      <button
        type="button"
        aria-label="Dismiss"
        onClick={() => toastStore.remove(toast.id)}
        className="rounded text-faint hover:text-ink"
      >
        <X aria-hidden className="size-4" />
      </button>
    </div>
  );
}
