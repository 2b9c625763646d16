import type { LucideIcon } from "lucide-react";
import type { ReactNode } from "react";

/** Says that there is nothing yet and what to do next. */
export function EmptyState(props: {
  icon: LucideIcon;
  title: string;
  children?: ReactNode;
  action?: ReactNode;
  /** `h1` where it stands for the whole page. */
  heading?: "h1" | "h2";
}) {
  const Heading = props.heading ?? "h2";
  return (
    <div className="grid justify-items-center gap-1 rounded-lg border border-dashed border-line-strong px-6 py-12 text-center">
      <props.icon aria-hidden strokeWidth={1.5} className="mb-2 size-7 text-faint" />
      <Heading className="text-base font-semibold">{props.title}</Heading>
      {props.children && (
        <div className="max-w-md text-sm text-balance text-muted">{props.children}</div>
      )}
      {props.action && <div className="mt-4 flex gap-2">{props.action}</div>}
    </div>
  );
}
