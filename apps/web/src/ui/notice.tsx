import { CircleAlert, CircleCheck, Info, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import { cx } from "./class-names.ts";

const tones = {
  info: { icon: Info, className: "bg-info-soft text-info" },
  ok: { icon: CircleCheck, className: "bg-ok-soft text-ok" },
  warn: { icon: TriangleAlert, className: "bg-warn-soft text-warn" },
  danger: { icon: CircleAlert, className: "bg-danger-soft text-danger" },
} as const;

/** A short message inside a page or form. */
export function Notice({ tone, children }: { tone: keyof typeof tones; children: ReactNode }) {
  const { icon: Icon, className } = tones[tone];
  return (
    <div className={cx("flex items-start gap-2 rounded-md px-3 py-2 text-sm", className)}>
      <Icon aria-hidden className="mt-0.5 size-4 shrink-0" />
      <div className="min-w-0">{children}</div>
    </div>
  );
}
