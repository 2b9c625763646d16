import type { ReactNode } from "react";
import { Wordmark } from "./logo.tsx";

/** The look of a navigation link; the current one carries `aria-current="page"`. */
export const navLinkClass =
  "flex h-8 items-center gap-2.5 rounded-md px-2 text-sm text-muted hover:bg-line/60 hover:text-ink aria-[current=page]:bg-line aria-[current=page]:font-medium aria-[current=page]:text-ink [&_svg]:size-4 [&_svg]:shrink-0";

export function Sidebar({ children, footer }: { children: ReactNode; footer: ReactNode }) {
  return (
    <>
      <div className="flex h-14 shrink-0 items-center px-4">
        <Wordmark />
      </div>
      <nav aria-label="Main" className="grid grow content-start gap-5 overflow-y-auto px-2.5 py-1">
        {children}
      </nav>
      <div className="grid grid-cols-[minmax(0,1fr)] gap-2 border-t p-2.5">{footer}</div>
    </>
  );
}

export function SidebarGroup({ title, children }: { title?: string; children: ReactNode }) {
  return (
    <div className="grid gap-0.5">
      {title && <h2 className="px-2 pb-1 text-xs font-medium text-faint">{title}</h2>}
      <ul className="grid gap-0.5">{children}</ul>
    </div>
  );
}
