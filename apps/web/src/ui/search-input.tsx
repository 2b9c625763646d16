import { Search } from "lucide-react";
import type { ComponentProps } from "react";
import { Input } from "./input.tsx";

/** A search box; give it an `aria-label`. */
export function SearchInput(props: Omit<ComponentProps<"input">, "type">) {
  return (
    <div className="relative">
      <Search
        aria-hidden
        className="pointer-events-none absolute top-1/2 left-2.5 size-4 -translate-y-1/2 text-faint"
      />
      <Input {...props} type="search" className="pl-8" />
    </div>
  );
}
