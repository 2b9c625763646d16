import { DropdownMenu as Radix } from "radix-ui";
import type { ReactElement, ReactNode } from "react";
import { cx } from "./class-names.ts";

/** A menu of actions; `trigger` is the button that opens it. */
export function Dropdown(props: {
  trigger: ReactElement;
  align?: "start" | "end";
  side?: "top" | "bottom";
  children: ReactNode;
}) {
  return (
    <Radix.Root modal={false}>
      <Radix.Trigger asChild>{props.trigger}</Radix.Trigger>
      <Radix.Portal>
        <Radix.Content
          align={props.align ?? "end"}
          side={props.side ?? "bottom"}
          sideOffset={4}
          collisionPadding={8}
          className="z-50 max-w-80 min-w-44 animate-appear rounded-lg border bg-raised p-1 shadow-elevation"
        >
          {props.children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

const itemClass =
  "flex items-center gap-2 rounded-md px-2 py-1.5 text-sm outline-none select-none data-disabled:opacity-60 data-highlighted:bg-line/60 [&_svg]:size-4 [&_svg]:text-faint";

/** `disabledReason` greys the item and shows why below its label. */
export function DropdownItem(props: {
  onSelect?: () => void;
  danger?: boolean;
  disabledReason?: string | undefined;
  /** Renders the single child (a link) as the item. */
  asChild?: boolean;
  children: ReactNode;
}) {
  const disabled = props.disabledReason !== undefined;
  if (props.asChild) {
    return (
      <Radix.Item asChild className={itemClass}>
        {props.children}
      </Radix.Item>
    );
  }
  return (
    <Radix.Item
      aria-disabled={disabled || undefined}
      onSelect={(event) => (disabled ? event.preventDefault() : props.onSelect?.())}
      className={cx(itemClass, props.danger && "text-danger", disabled && "text-faint")}
    >
      <span className="grid">
        <span className="flex items-center gap-2">{props.children}</span>
        {disabled && <span className="text-xs text-faint">{props.disabledReason}</span>}
      </span>
    </Radix.Item>
  );
}

export function DropdownSeparator() {
  return <Radix.Separator className="my-1 h-px bg-line" />;
}
