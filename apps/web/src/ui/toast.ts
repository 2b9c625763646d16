export type Toast = { id: number; tone: "ok" | "danger"; text: string };

let toasts: readonly Toast[] = [];
let nextId = 1;
const listeners = new Set<() => void>();

function set(next: readonly Toast[]) {
  toasts = next;
  for (const notify of listeners) notify();
}

function show(tone: Toast["tone"], text: string) {
  set([...toasts.slice(-3), { id: nextId++, tone, text }]);
}

/** A passing message in the corner of the window. */
export const toast = {
  success: (text: string) => show("ok", text),
  error: (text: string) => show("danger", text),
};

export const toastStore = {
  get: () => toasts,
  remove: (id: number) => set(toasts.filter((one) => one.id !== id)),
  subscribe(listener: () => void) {
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
    };
  },
};
