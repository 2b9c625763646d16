import { LoaderCircle } from "lucide-react";
import { cx } from "./class-names.ts";

/** A decorative spinner; the element around it says what is going on. */
export function Spinner({ className }: { className?: string | undefined }) {
  return <LoaderCircle aria-hidden className={cx("size-4 animate-spin", className)} />;
}
