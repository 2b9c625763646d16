import { CircleAlert, CircleCheck, X } from "lucide-react";
import { Toast as Radix } from "radix-ui";
import { useSyncExternalStore } from "react";
import { type Toast, toastStore } from "./toast.ts";

/** Shows the toasts; F8 moves the focus there. */
export function Toaster() {
  const toasts = useSyncExternalStore(toastStore.subscribe, toastStore.get);
  return (
    <Radix.Provider label="Message">
      {toasts.map((toast) => (
        <Item key={toast.id} toast={toast} />
      ))}
      <Radix.Viewport className="fixed right-0 bottom-0 z-50 grid w-[min(24rem,100vw)] gap-2 p-4 outline-none" />
    </Radix.Provider>
  );
}

function Item({ toast }: { toast: Toast }) {
  const Icon = toast.tone === "ok" ? CircleCheck : CircleAlert;
  return (
    <Radix.Root
      type="foreground"
      duration={toast.tone === "ok" ? 4000 : 8000}
      onOpenChange={(open) => !open && toastStore.remove(toast.id)}
      className="flex animate-rise items-start gap-2 rounded-lg border bg-raised px-3 py-2.5 shadow-elevation"
    >
      <Icon
        aria-hidden
        className={`mt-0.5 size-4 shrink-0 ${toast.tone === "ok" ? "text-ok" : "text-danger"}`}
      />
      <Radix.Description className="min-w-0 grow text-sm">{toast.text}</Radix.Description>
      <Radix.Close aria-label="Dismiss" className="rounded text-faint hover:text-ink">
        <X aria-hidden className="size-4" />
      </Radix.Close>
    </Radix.Root>
  );
}
