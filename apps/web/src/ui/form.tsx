import type { FormEventHandler, ReactNode } from "react";
import { Button } from "./button.tsx";
import { cx } from "./class-names.ts";
import { Notice } from "./notice.tsx";

export type FormProps = {
  onSubmit: FormEventHandler<HTMLFormElement>;
  /** What went wrong at the last attempt, as a sentence; required so that no form forgets it. */
  submitError: string | null;
  /** Whether the form is being sent; required so that no form can be sent twice. */
  pending: boolean;
  submitLabel: string;
  submitVariant?: "primary" | "danger";
  disabledReason?: string | undefined;
  /** Shows a second button that leaves the form. */
  onCancel?: (() => void) | undefined;
  /** `block`: one wide button; `end`: buttons at the right, as in dialogs. */
  actions?: "block" | "end" | "start";
  className?: string;
  children: ReactNode;
};

/** In a dialog, what went wrong and the buttons stay at its bottom while the fields scroll. */
export function Form({
  onSubmit,
  submitError,
  pending,
  submitLabel,
  submitVariant = "primary",
  disabledReason,
  onCancel,
  actions = "end",
  className,
  children,
}: FormProps) {
  return (
    <form
      noValidate
      onSubmit={onSubmit}
      aria-busy={pending}
      className={cx("grid gap-4", className)}
    >
      {children}
      <div className="grid gap-4 in-dialog:sticky in-dialog:-bottom-5 in-dialog:-mx-5 in-dialog:-mb-5 in-dialog:bg-surface in-dialog:px-5 in-dialog:pt-1 in-dialog:pb-5">
        <div aria-live="polite" className="empty:hidden">
          {submitError && <Notice tone="danger">{submitError}</Notice>}
        </div>
        <div
          className={cx(
            "flex gap-2",
            actions === "end" && "justify-end",
            actions === "block" && "flex-col",
          )}
        >
          {onCancel && (
            <Button variant="ghost" onClick={onCancel}>
              Cancel
            </Button>
          )}
          <Button
            type="submit"
            variant={submitVariant}
            size={actions === "block" ? "lg" : "md"}
            pending={pending}
            disabledReason={disabledReason}
          >
            {submitLabel}
          </Button>
        </div>
      </div>
    </form>
  );
}
