import { cva, type VariantProps } from "class-variance-authority";
import { Slot } from "radix-ui";
import type { ComponentProps, MouseEvent } from "react";
import { cx } from "./class-names.ts";
import { Spinner } from "./spinner.tsx";
import { Tooltip } from "./tooltip.tsx";

/** Also for links that should look like buttons. */
export const buttonClass = cva(
  "inline-flex shrink-0 items-center justify-center gap-1.5 rounded-md border font-medium whitespace-nowrap select-none transition-colors duration-100 disabled:opacity-55 aria-disabled:opacity-55 [&_svg]:size-4 [&_svg]:shrink-0",
  {
    variants: {
      variant: {
        primary:
          "border-transparent bg-accent text-on-accent not-aria-disabled:hover:bg-accent-strong",
        secondary:
          "border-line-strong bg-surface text-ink not-aria-disabled:hover:bg-sunken dark:bg-raised dark:not-aria-disabled:hover:bg-line",
        ghost:
          "border-transparent text-muted not-aria-disabled:hover:bg-line/60 not-aria-disabled:hover:text-ink",
        danger: "border-transparent bg-danger-solid text-white not-aria-disabled:hover:opacity-90",
      },
      size: {
        sm: "h-7 px-2.5 text-xs",
        md: "h-8 px-3 text-sm",
        lg: "h-10 px-4 text-base",
        icon: "size-8 text-sm",
        iconSm: "size-7 text-sm",
      },
    },
    defaultVariants: { variant: "secondary", size: "md" },
  },
);

type Props = ComponentProps<"button"> &
  VariantProps<typeof buttonClass> & {
    /** Shows a spinner and ignores clicks. */
    pending?: boolean | undefined;
    /** Why the button cannot be used; it stays focusable so that the reason can be read. */
    disabledReason?: string | undefined;
    /** Renders the single child (a link) in place of a button. */
    asChild?: boolean | undefined;
  };

export function Button({
  variant,
  size,
  pending = false,
  disabledReason,
  asChild = false,
  className,
  onClick,
  children,
  type = "button",
  ...rest
}: Props) {
  const classes = cx(buttonClass({ variant, size }), className);
  if (asChild) {
    return (
      <Slot.Root className={classes} {...rest}>
        {children}
      </Slot.Root>
    );
  }
  const blocked = pending || disabledReason !== undefined;
  const button = (
    <button
      {...rest}
      type={type}
      aria-disabled={blocked || undefined}
      aria-busy={pending || undefined}
      className={classes}
      onClick={blocked ? (event: MouseEvent) => event.preventDefault() : onClick}
    >
      {pending && <Spinner />}
      {children}
    </button>
  );
  return disabledReason === undefined ? (
    button
  ) : (
    <Tooltip content={disabledReason}>{button}</Tooltip>
  );
}
