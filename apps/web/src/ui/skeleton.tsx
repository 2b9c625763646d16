import { cx } from "./class-names.ts";

export function Skeleton({ className }: { className?: string }) {
  return <div className={cx("h-4 animate-pulse rounded bg-line", className)} />;
}

/** Stands for the details of one thing while they are on the way. */
export function DetailsSkeleton() {
  return (
    <div role="status" className="grid gap-3">
      <span className="sr-only">Loading</span>
      <Skeleton className="w-2/3" />
      <Skeleton className="w-1/2" />
      <Skeleton className="w-3/4" />
    </div>
  );
}

/** Stands for a whole page while its data is on the way. */
export function PageSkeleton() {
  return (
    <div role="status" className="grid gap-5">
      <span className="sr-only">Loading</span>
      <div className="grid gap-2">
        <Skeleton className="h-6 w-48" />
        <Skeleton className="w-80 max-w-full" />
      </div>
      <div className="grid gap-px overflow-hidden rounded-lg border">
        {["a", "b", "c", "d", "e", "f"].map((row) => (
          <div key={row} className="flex gap-6 bg-surface px-4 py-3">
            <Skeleton className="w-1/4" />
            <Skeleton className="w-1/3" />
            <Skeleton className="ml-auto w-16" />
          </div>
        ))}
      </div>
    </div>
  );
}
