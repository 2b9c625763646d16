import type { CreatedApiKey } from "@muniment/shared/api-keys.ts";
import { useState } from "react";
import { Button } from "../../ui/button.tsx";
import { CodeBlock } from "../../ui/code-block.tsx";
import { CopyButton } from "../../ui/copy-button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Input } from "../../ui/input.tsx";
import { Notice } from "../../ui/notice.tsx";
import { Tabs } from "../../ui/tabs.tsx";
import { snippetsFor } from "./snippets.ts";

/** The only place that ever shows a key; open while there is one. */
export function NewKeyDialog(props: { created: CreatedApiKey | null; onClose: () => void }) {
  return (
    <Dialog
      open={props.created !== null}
      onOpenChange={(open) => !open && props.onClose()}
      title="Copy the key now"
      shape="wide"
      mustAnswer
    >
      {props.created && <NewKey created={props.created} onClose={props.onClose} />}
    </Dialog>
  );
}

function NewKey({ created, onClose }: { created: CreatedApiKey; onClose: () => void }) {
  const snippets = snippetsFor(created, location.origin);
  const [shown, setShown] = useState(snippets[0]?.name ?? "");
  return (
    <div className="grid gap-5 *:min-w-0">
      <Notice tone="warn">
        This is the only time it is shown. Muniment keeps a keyed hash of it and the first 12
        characters, <code className="font-mono">{created.prefix}</code>, and cannot bring it back.
        If it gets lost, rotate it.
      </Notice>
      <div className="flex items-center gap-2">
        <Input
          readOnly
          aria-label="The new API key"
          value={created.key}
          onFocus={(event) => event.target.select()}
          className="border-accent font-mono"
        />
        <CopyButton text={created.key} label="Copy key" withLabel />
      </div>
      <div>
        <h3 className="text-sm font-semibold">
          {created.scopes.includes("events:write") ? "Send the first event" : "Read events"}
        </h3>
        <Tabs
          label="Ways to use the key"
          value={shown}
          onValueChange={setShown}
          tabs={snippets.map(({ name, label, code }) => ({
            value: name,
            label,
            content: <CodeBlock code={code} label={`Copy the ${label} snippet`} />,
          }))}
        />
      </div>
      <div className="flex justify-end">
        <Button variant="primary" onClick={onClose}>
          I have stored the key
        </Button>
      </div>
    </div>
  );
}
