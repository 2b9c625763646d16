import type { ReactNode } from "react";
import { Logo } from "./logo.tsx";

/** The page around the forms of people who are not signed in yet. */
export function AuthLayout(props: { title: string; lead?: ReactNode; children: ReactNode }) {
  return (
    <main className="grid min-h-dvh content-start justify-items-center bg-sunken px-4 py-[max(2rem,10dvh)]">
      <title>{`${props.title} · Muniment`}</title>
      <div className="w-full max-w-md">
        <div className="mb-5 flex items-center gap-2.5 text-lg font-semibold tracking-tight">
          <Logo className="size-8" />
          Muniment
        </div>
        <div className="rounded-xl border bg-surface p-6 shadow-elevation">
          <h1 className="text-xl font-semibold tracking-tight">{props.title}</h1>
          {props.lead && <div className="mt-1 text-sm text-muted">{props.lead}</div>}
          <div className="mt-5">{props.children}</div>
        </div>
      </div>
    </main>
  );
}
