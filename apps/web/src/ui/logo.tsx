import { cx } from "./class-names.ts";

/** A sealed document: the mark of the product. */
export function Logo({ className }: { className?: string }) {
  return (
    <svg viewBox="0 0 24 24" fill="none" aria-hidden="true" className={cx("size-6", className)}>
      <path
        d="M5 2.75h9.5L19 7.25v14H5z"
        stroke="currentColor"
        strokeWidth="1.5"
        strokeLinejoin="round"
      />
      <path d="M8 8.5h5M8 12h3" stroke="currentColor" strokeWidth="1.5" strokeLinecap="round" />
      <circle cx="15.5" cy="16" r="4.5" className="fill-accent" />
      <path
        d="m13.6 16.1 1.35 1.35 2.45-2.65"
        className="stroke-on-accent"
        strokeWidth="1.4"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </svg>
  );
}

export function Wordmark() {
  return (
    <span className="inline-flex items-center gap-2 text-base font-semibold tracking-tight">
      <Logo />
      Muniment
    </span>
  );
}
