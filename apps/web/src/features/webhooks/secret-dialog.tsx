import { Button } from "../../ui/button.tsx";
import { CopyButton } from "../../ui/copy-button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Input } from "../../ui/input.tsx";
import { Notice } from "../../ui/notice.tsx";

/** The only place that ever shows a secret; open while there is one. */
export function SecretDialog({ secret, onClose }: { secret: string | null; onClose: () => void }) {
  return (
    <Dialog
      open={secret !== null}
      onOpenChange={(open) => !open && onClose()}
      title="Copy the secret now"
      mustAnswer
    >
      <div className="grid gap-5 *:min-w-0">
        <Notice tone="warn">
          This is the only time it is shown. Your receiver needs it to tell our requests from
          others; if it gets lost, rotate it.
        </Notice>
        <div className="flex items-center gap-2">
          <Input
            readOnly
            aria-label="The secret"
            value={secret ?? ""}
            onFocus={(event) => event.target.select()}
            className="border-accent font-mono"
          />
          <CopyButton text={secret ?? ""} label="Copy secret" withLabel />
        </div>
        <p className="text-sm text-muted">
          Every request carries <code className="font-mono">Muniment-Signature: t=…,v1=…</code>,
          where v1 is HMAC-SHA256 of the time, a dot and the body under this secret.
        </p>
        <div className="flex justify-end">
          <Button variant="primary" onClick={onClose}>
            I have stored the secret
          </Button>
        </div>
      </div>
    </Dialog>
  );
}
