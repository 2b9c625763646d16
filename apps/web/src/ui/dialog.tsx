import { X } from "lucide-react";
import { Dialog as Radix } from "radix-ui";
import type { ReactNode } from "react";
import { Button } from "./button.tsx";
import { cx } from "./class-names.ts";
import { useDialogFocus } from "./use-dialog-focus.ts";

type Props = {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  title: ReactNode;
  description?: ReactNode;
  /** `panel` slides in at the right edge and takes the window's height. */
  shape?: "dialog" | "wide" | "panel";
  /** Neither Esc, nor a click outside, nor a corner button closes it: the content must. */
  mustAnswer?: boolean;
  children: ReactNode;
};

const shapes = {
  dialog:
    "inset-x-0 top-[12dvh] mx-auto w-[min(30rem,calc(100vw-1.5rem))] animate-appear rounded-lg",
  wide: "inset-x-0 top-[6dvh] mx-auto w-[min(44rem,calc(100vw-1.5rem))] animate-appear rounded-lg",
  panel: "inset-y-0 right-0 w-[min(34rem,100vw)] animate-slide-in border-y-0 border-r-0",
} as const;

/** A modal dialog: traps focus, closes on Esc, gives focus back. */
export function Dialog({
  open,
  onOpenChange,
  title,
  description,
  shape = "dialog",
  mustAnswer = false,
  children,
}: Props) {
  const focus = useDialogFocus(open);
  const stay = (event: Event) => event.preventDefault();
  return (
    <Radix.Root open={open} onOpenChange={onOpenChange}>
      <Radix.Portal>
        <Radix.Overlay className="fixed inset-0 z-40 bg-shade" />
        <Radix.Content
          {...(description ? {} : { "aria-describedby": undefined })}
          {...(mustAnswer && { onEscapeKeyDown: stay, onInteractOutside: stay })}
          {...focus}
          className={cx(
            "fixed z-40 flex max-h-[85dvh] flex-col border bg-surface shadow-elevation focus:outline-none",
            shapes[shape],
            shape === "panel" && "max-h-none",
          )}
        >
          <header className="flex items-start gap-3 px-5 pt-4 pb-3">
            <div className="min-w-0 grow">
              <Radix.Title className="text-lg font-semibold text-balance break-words">
                {title}
              </Radix.Title>
              {description && (
                <Radix.Description className="mt-0.5 text-sm text-muted">
                  {description}
                </Radix.Description>
              )}
            </div>
            {!mustAnswer && (
              <Radix.Close asChild>
                <Button variant="ghost" size="iconSm" aria-label="Close" className="-mr-1.5">
                  <X aria-hidden />
                </Button>
              </Radix.Close>
            )}
          </header>
          <div
            data-dialog-body
            // What is focused is scrolled to above the buttons of a form, which stay at the bottom.
            className="min-h-0 grow scroll-pb-24 overflow-y-auto rounded-b-[inherit] px-5 pt-0.5 pb-5"
          >
            {children}
          </div>
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
