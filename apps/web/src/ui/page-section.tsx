import { type ReactNode, useId } from "react";

/** A named group of cards on a page that holds several: two beside each other where there is room. */
export function PageSection({ name, children }: { name: string; children: ReactNode }) {
  const id = useId();
  return (
    <section aria-labelledby={id} className="grid gap-3">
      <p id={id} className="text-xs font-semibold tracking-wide text-muted uppercase">
        {name}
      </p>
      <div className="grid grid-cols-[minmax(0,1fr)] items-start gap-4 lg:grid-cols-2">
        {children}
      </div>
    </section>
  );
}

/** A card of a `PageSection` that takes the whole width, as tables do. */
export function WholeRow({ children }: { children: ReactNode }) {
  return <div className="min-w-0 lg:col-span-2">{children}</div>;
}
