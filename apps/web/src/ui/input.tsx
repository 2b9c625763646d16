import type { ComponentProps } from "react";
import { cx } from "./class-names.ts";

/** The look shared by every text-like control. */
export const controlClass =
  "w-full rounded-md border border-line-strong bg-surface px-2.5 text-sm text-ink transition-colors hover:border-faint focus-visible:border-accent focus-visible:outline-1 focus-visible:outline-offset-0 disabled:opacity-55 aria-invalid:border-danger aria-invalid:focus-visible:outline-danger dark:bg-sunken";

export function Input({ className, ...rest }: ComponentProps<"input">) {
  return <input {...rest} className={cx(controlClass, "h-8", className)} />;
}

export function Textarea({ className, ...rest }: ComponentProps<"textarea">) {
  return <textarea rows={3} {...rest} className={cx(controlClass, "py-1.5", className)} />;
}
