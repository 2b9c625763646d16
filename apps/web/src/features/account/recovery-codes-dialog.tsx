import { Download } from "lucide-react";
import { Button } from "../../ui/button.tsx";
import { CopyButton } from "../../ui/copy-button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Notice } from "../../ui/notice.tsx";

/** The only place that ever shows recovery codes; open while there are some. */
export function RecoveryCodesDialog(props: { codes: string[] | null; onClose: () => void }) {
  return (
    <Dialog
      open={props.codes !== null}
      onOpenChange={(open) => !open && props.onClose()}
      title="Store your recovery codes"
      description="Each signs you in once, in place of your second factor, when you have lost it."
      mustAnswer
    >
      {props.codes && <Codes codes={props.codes} onClose={props.onClose} />}
    </Dialog>
  );
}

function Codes({ codes, onClose }: { codes: string[]; onClose: () => void }) {
  const text = codes.join("\n");
  const file = `Recovery codes of ${location.host}. Each works once.\n\n${text}\n`;
  return (
    <div className="grid gap-4">
      <Notice tone="warn">
        This is the only time they are shown. Keep them where you keep important papers, or in a
        password manager, not on the device that holds your second factor.
      </Notice>
      <ul
        aria-label="Recovery codes"
        className="grid justify-items-center gap-1 rounded-md border bg-sunken p-3 font-mono text-sm"
      >
        {codes.map((code) => (
          <li key={code}>{code}</li>
        ))}
      </ul>
      <div className="flex flex-wrap gap-2">
        <CopyButton text={text} label="Copy codes" withLabel />
        <Button asChild size="sm">
          <a
            href={`data:text/plain;charset=utf-8,${encodeURIComponent(file)}`}
            download="muniment-recovery-codes.txt"
          >
            <Download aria-hidden />
            Download
          </a>
        </Button>
      </div>
      <div className="flex justify-end">
        <Button variant="primary" onClick={onClose}>
          I have stored the codes
        </Button>
      </div>
    </div>
  );
}
