import type { Upload } from "@muniment/shared/uploads.ts";
import { useMutation } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Trash2 } from "lucide-react";
import { useState } from "react";
import { messageOf } from "./errors.ts";
import { queryClient } from "./query-client.ts";
import { useDenial } from "./session.ts";
import { trpc } from "./trpc.ts";
import { Button } from "./ui/button.tsx";
import { ConfirmDialog } from "./ui/confirm-dialog.tsx";
import { DateTime } from "./ui/date-time.tsx";
import { formatBytes } from "./ui/format-bytes.ts";
import { toast } from "./ui/toast.ts";

const kinds = {
  "image/png": "PNG image",
  "image/jpeg": "JPEG image",
  "image/gif": "GIF image",
  "image/webp": "WebP image",
  "application/pdf": "PDF",
  "text/plain": "Text",
  "text/csv": "CSV",
  "application/json": "JSON",
  "application/x-ndjson": "NDJSON",
} as const satisfies Record<Upload["type"], string>;

type Props = {
  uploads: readonly Upload[];
  /** Whether a link leads to the event of each. */
  withEvent?: boolean;
};

/** Files with their downloads, and a way to delete each. */
export function UploadList({ uploads, withEvent = false }: Props) {
  const [deleting, setDeleting] = useState<Upload | null>(null);
  const denial = useDenial("uploads:write");
  return (
    <>
      <ul aria-label="Files" className="divide-y rounded-lg border bg-surface">
        {uploads.map((one) => (
          <li key={one.id} className="flex items-center gap-3 py-2 pr-2 pl-3">
            <div className="min-w-0 grow">
              <a
                href={`/api/v1/uploads/${one.id}`}
                download={one.name}
                title={`Download; SHA-256 ${one.sha256}`}
                className="block truncate text-sm leading-6 text-accent hover:underline"
              >
                {one.name}
              </a>
              <p className="flex flex-wrap gap-x-2 text-xs leading-6 text-muted">
                <span>{kinds[one.type]}</span>
                <span>{formatBytes(one.bytes)}</span>
                <DateTime value={one.createdAt} />
                {one.sha256 !== one.sentSha256 && <span>metadata taken out</span>}
                {one.scanned && <span>scanned</span>}
                {withEvent && one.eventId && (
                  <Link
                    to="/events"
                    search={{ event: one.eventId }}
                    className="inline-block min-h-6 text-accent hover:underline"
                  >
                    its event
                  </Link>
                )}
              </p>
            </div>
            <Button
              variant="ghost"
              size="iconSm"
              aria-label={`Delete ${one.name}`}
              disabledReason={denial}
              onClick={() => setDeleting(one)}
            >
              <Trash2 aria-hidden />
            </Button>
          </li>
        ))}
      </ul>
      <DeleteUploadDialog upload={deleting} onClose={() => setDeleting(null)} />
    </>
  );
}

/** Open while there is a file. */
function DeleteUploadDialog({ upload, onClose }: { upload: Upload | null; onClose: () => void }) {
  const remove = useMutation(
    trpc.uploads.delete.mutationOptions({
      onSuccess: async () => {
        await queryClient.invalidateQueries(trpc.uploads.pathFilter());
        onClose();
        toast.success("The file was deleted.");
      },
    }),
  );
  return (
    <ConfirmDialog
      open={upload !== null}
      onOpenChange={(open) => !open && onClose()}
      title={`Delete ${upload?.name ?? ""}?`}
      confirmLabel="Delete file"
      onConfirm={() => upload && remove.mutate({ id: upload.id })}
      submitError={messageOf(remove.error)}
      pending={remove.isPending}
    >
      <p>It cannot be brought back. That it was there stays in the audit log.</p>
    </ConfirmDialog>
  );
}
