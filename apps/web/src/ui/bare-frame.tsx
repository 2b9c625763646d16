import type { ReactNode } from "react";
import { Logo } from "./logo.tsx";

/** The page without navigation, for people who are not signed in and for failures of the whole. */
export function BareFrame({ children }: { children: ReactNode }) {
  return (
    <main
      id="main"
      tabIndex={-1}
      className="grid min-h-dvh grid-cols-[minmax(0,1fr)] content-start gap-5 bg-sunken px-4 py-[max(2rem,9dvh)]"
    >
      <div className="mx-auto flex w-full max-w-md items-center gap-2.5 text-lg font-semibold tracking-tight">
        <Logo className="size-8" />
        Muniment
      </div>
      {children}
    </main>
  );
}
