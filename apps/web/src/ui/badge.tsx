import { cva } from "class-variance-authority";
import type { ReactNode } from "react";

const badgeClass = cva(
  "inline-flex h-5 items-center gap-1 rounded px-1.5 text-xs font-medium whitespace-nowrap",
  {
    variants: {
      tone: {
        neutral: "bg-line/70 text-muted",
        accent: "bg-accent-soft text-accent",
        ok: "bg-ok-soft text-ok",
        info: "bg-info-soft text-info",
        warn: "bg-warn-soft text-warn",
        danger: "bg-danger-soft text-danger",
        critical: "bg-critical-soft text-critical",
      },
    },
  },
);

export type Tone = "neutral" | "accent" | "ok" | "info" | "warn" | "danger" | "critical";

/** A one-word state. Never the only carrier of it: the word itself says it, the colour repeats it. */
export function Badge({ tone = "neutral", children }: { tone?: Tone; children: ReactNode }) {
  return <span className={badgeClass({ tone })}>{children}</span>;
}
