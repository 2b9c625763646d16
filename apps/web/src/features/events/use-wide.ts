import { useSyncExternalStore } from "react";

/** The width from which the columns of the list stand side by side; Tailwind's `md`. */
const wide = "(width >= 48rem)";

function subscribe(listener: () => void) {
  const query = matchMedia(wide);
  query.addEventListener("change", listener);
  return () => query.removeEventListener("change", listener);
}

export function useWide(): boolean {
  return useSyncExternalStore(subscribe, () => matchMedia(wide).matches);
}
