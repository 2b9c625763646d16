import { type ReactNode, useId, useState } from "react";
import { Dialog } from "./dialog.tsx";
import { Form } from "./form.tsx";
import { Input } from "./input.tsx";

type Props = {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  title: string;
  /** What will happen, and whether it can be undone. */
  children: ReactNode;
  confirmLabel: string;
  danger?: boolean;
  /** The exact text that must be typed first. */
  typed?: string;
  onConfirm: () => void;
  submitError: string | null;
  pending: boolean;
};

/** Asks before something that cannot easily be undone. */
export function ConfirmDialog(props: Props) {
  return (
    <Dialog open={props.open} onOpenChange={props.onOpenChange} title={props.title}>
      <Confirmation {...props} />
    </Dialog>
  );
}

// Mounted with the dialog's content, so that what was typed is forgotten on closing.
function Confirmation({ typed, danger = true, ...props }: Props) {
  const [text, setText] = useState("");
  const id = useId();
  const missing = typed !== undefined && text.trim() !== typed;
  return (
    <Form
      onSubmit={(event) => {
        event.preventDefault();
        if (!missing) props.onConfirm();
      }}
      submitError={props.submitError}
      pending={props.pending}
      submitLabel={props.confirmLabel}
      submitVariant={danger ? "danger" : "primary"}
      disabledReason={missing ? `Type ${typed} to confirm` : undefined}
      onCancel={() => props.onOpenChange(false)}
    >
      <div className="grid gap-2 text-sm text-muted">{props.children}</div>
      {typed !== undefined && (
        <div className="grid gap-1">
          <label htmlFor={id} className="text-sm">
            Type <strong className="font-mono font-semibold break-all">{typed}</strong> to confirm
          </label>
          <Input
            id={id}
            value={text}
            onChange={(event) => setText(event.target.value)}
            autoComplete="off"
            spellCheck={false}
          />
        </div>
      )}
    </Form>
  );
}
