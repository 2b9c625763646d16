import type { ReactNode } from "react";

/** The card around the forms of people who are not signed in yet. */
export function AuthCard(props: { title: string; lead?: ReactNode; children: ReactNode }) {
  return (
    <div className="mx-auto w-full max-w-md rounded-xl border bg-surface p-6 shadow-elevation">
      <title>{`${props.title} · Muniment`}</title>
      <h1 className="text-xl font-semibold tracking-tight">{props.title}</h1>
      {props.lead && <div className="mt-1 text-sm text-muted">{props.lead}</div>}
      <div className="mt-5">{props.children}</div>
    </div>
  );
}
