import type { ReactNode } from "react";

/** One line where a card has nothing to list. */
export function NoneYet({ children }: { children: ReactNode }) {
  return <p className="py-3 text-center text-sm text-muted">{children}</p>;
}
