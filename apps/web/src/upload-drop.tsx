import { uploadTypes } from "@muniment/shared/uploads.ts";
import { useMutation, useQuery } from "@tanstack/react-query";
import { Upload } from "lucide-react";
import { type DragEvent, useId, useRef, useState } from "react";
import { messageOf } from "./errors.ts";
import { queryClient } from "./query-client.ts";
import { sendFile } from "./send-file.ts";
import { useDenial } from "./session.ts";
import { trpc } from "./trpc.ts";
import { Button } from "./ui/button.tsx";
import { cx } from "./ui/class-names.ts";
import { formatBytes } from "./ui/format-bytes.ts";
import { toast } from "./ui/toast.ts";
import { uploadQuotaQuery } from "./upload-queries.ts";

const accepted = Object.entries(uploadTypes)
  .flatMap(([type, extensions]) => [type, ...extensions.map((one) => `.${one}`)])
  .join(",");

/** Takes a file by its button or dropped on it, and shows how far it is sent. */
export function UploadDrop({ eventId }: { eventId?: string }) {
  const input = useRef<HTMLInputElement>(null);
  const [sent, setSent] = useState(0);
  const [over, setOver] = useState(false);
  const denial = useDenial("uploads:write");
  const { data: quota } = useQuery(uploadQuotaQuery);
  const hint = useId();
  const send = useMutation({
    mutationFn: (file: File) => sendFile(file, eventId, setSent),
    onMutate: () => setSent(0),
    onSuccess: async ({ name }) => {
      await queryClient.invalidateQueries(trpc.uploads.pathFilter());
      toast.success(`${name} was uploaded.`);
    },
  });
  const take = (files: FileList | null) => {
    const [file] = files ?? [];
    if (file && !denial && !send.isPending) send.mutate(file);
  };
  const onDrag = (event: DragEvent) => {
    event.preventDefault();
    setOver(event.type === "dragover");
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: dropping is a second way; the button is the first
    <div
      onDragOver={onDrag}
      onDragLeave={onDrag}
      onDrop={(event) => {
        onDrag(event);
        take(event.dataTransfer.files);
      }}
      className={cx(
        "grid gap-2 rounded-lg border border-dashed px-4 py-3",
        over ? "border-accent bg-sunken" : "border-line-strong",
      )}
    >
      <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
        <Button
          size="sm"
          pending={send.isPending}
          disabledReason={denial}
          aria-describedby={hint}
          onClick={() => input.current?.click()}
        >
          <Upload aria-hidden />
          Upload a file
        </Button>
        <p id={hint} className="text-xs text-muted">
          Or drop it here: an image, a PDF or text
          {quota ? `, up to ${formatBytes(quota.maxFileBytes)}` : ""}. What images tell of place and
          camera is taken out.
        </p>
      </div>
      <input
        ref={input}
        type="file"
        accept={accepted}
        aria-label="File to upload"
        hidden
        onChange={({ target }) => {
          take(target.files);
          target.value = "";
        }}
      />
      {send.isPending && (
        <progress
          aria-label={`Sending ${send.variables.name}`}
          value={sent}
          className="h-1.5 w-full accent-accent"
        />
      )}
      {send.error && (
        <p role="alert" className="text-sm text-danger">
          {send.variables.name}: {messageOf(send.error)}
        </p>
      )}
    </div>
  );
}
