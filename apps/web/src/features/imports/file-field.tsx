import { type DragEvent, useRef, useState } from "react";
import { Button } from "../../ui/button.tsx";
import { cx } from "../../ui/class-names.ts";
import { Field } from "../../ui/field.tsx";
import { formatBytes } from "../../ui/format-bytes.ts";

type Props = { file: File | null; error: string | undefined; onFile: (file: File) => void };

/** A file that is chosen, or dropped here. */
export function FileField({ file, error, onFile }: Props) {
  const input = useRef<HTMLInputElement>(null);
  const [isOver, setOver] = useState(false);
  const over = (event: DragEvent, next: boolean) => {
    event.preventDefault();
    setOver(next);
  };
  return (
    <Field
      label="File"
      error={error}
      hint="An export, NDJSON, or CSV whose first row names columns."
    >
      {(control) => (
        // biome-ignore lint/a11y/noStaticElementInteractions: dropping is beside the control, which does the same
        <div
          onDragOver={(event) => over(event, true)}
          onDragLeave={(event) => over(event, false)}
          onDrop={(event) => {
            over(event, false);
            const [dropped] = event.dataTransfer.files;
            if (dropped) onFile(dropped);
          }}
          className={cx(
            "grid justify-items-center gap-2 rounded-md border border-dashed px-4 py-5 text-center text-sm",
            isOver ? "border-accent bg-accent-soft" : "border-line-strong",
          )}
        >
          <input
            {...control}
            ref={input}
            type="file"
            accept=".ndjson,.jsonl,.json,.csv,.txt"
            className="sr-only"
            tabIndex={-1}
            onChange={({ target }) => {
              const [chosen] = target.files ?? [];
              if (chosen) onFile(chosen);
            }}
          />
          <p className="max-w-full break-words">
            {file ? `${file.name}, ${formatBytes(file.size)}` : "Drop a file here, or"}
          </p>
          <Button onClick={() => input.current?.click()}>
            {file ? "Choose another file" : "Choose a file"}
          </Button>
        </div>
      )}
    </Field>
  );
}
