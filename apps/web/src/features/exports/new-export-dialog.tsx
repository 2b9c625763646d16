import type { ExportFormat } from "@muniment/shared/exports.ts";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { messageOf } from "../../errors.ts";
import { queryClient } from "../../query-client.ts";
import { trpc } from "../../trpc.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { Field } from "../../ui/field.tsx";
import { Form } from "../../ui/form.tsx";
import { Input } from "../../ui/input.tsx";
import { Select } from "../../ui/select.tsx";
import { download } from "./download.ts";

type Props = { open: boolean; onClose: () => void; query: string | undefined };

const formats = [
  { format: "ndjson", label: "NDJSON: one JSON object per line, nothing lost" },
  { format: "csv", label: "CSV: for spreadsheets, formulas made harmless" },
] as const;

const day = 86_400_000;
const ranges = [
  { days: 1, label: "The last 24 hours" },
  { days: 7, label: "The last 7 days" },
  { days: 30, label: "The last 30 days" },
  { days: 0, label: "All time" },
] as const;

export function NewExportDialog({ open, onClose, query }: Props) {
  return (
    <Dialog
      open={open}
      onOpenChange={(next) => !next && onClose()}
      title="New export"
      description="Downloads the events of a search, the oldest first. The audit log records it."
    >
      {open && <ExportForm query={query} onDone={onClose} />}
    </Dialog>
  );
}

function ExportForm({ query = "", onDone }: { query: string | undefined; onDone: () => void }) {
  const [text, setText] = useState(query);
  const [format, setFormat] = useState<ExportFormat>("ndjson");
  const [days, setDays] = useState<number>(0);
  const create = useMutation(
    trpc.exports.create.mutationOptions({
      onSuccess: async ({ id }) => {
        download(id);
        await queryClient.invalidateQueries(trpc.exports.pathFilter());
        onDone();
      },
    }),
  );
  return (
    <Form
      onSubmit={(event) => {
        event.preventDefault();
        const from = days > 0 ? { from: new Date(Date.now() - days * day).toISOString() } : {};
        create.mutate({ format, query: text, ...from });
      }}
      submitError={create.error && (create.error.message || messageOf(create.error))}
      pending={create.isPending}
      submitLabel="Export"
      onCancel={onDone}
    >
      <Field label="Search" hint="As in the explorer. Empty: every event.">
        {(control) => (
          <Input
            {...control}
            value={text}
            onChange={(event) => setText(event.target.value)}
            autoComplete="off"
            spellCheck={false}
            placeholder="type:ssh.* level>=warn"
            className="font-mono"
          />
        )}
      </Field>
      <Field label="Time">
        {(control) => (
          <Select
            {...control}
            value={days}
            onChange={(event) => setDays(Number(event.target.value))}
          >
            {ranges.map((range) => (
              <option key={range.days} value={range.days}>
                {range.label}
              </option>
            ))}
          </Select>
        )}
      </Field>
      <Field
        label="Format"
        hint="The last line holds the number of rows and a digest: a file without it was cut off."
      >
        {(control) => (
          <Select
            {...control}
            value={format}
            onChange={(event) => setFormat(event.target.value === "csv" ? "csv" : "ndjson")}
          >
            {formats.map((one) => (
              <option key={one.format} value={one.format}>
                {one.label}
              </option>
            ))}
          </Select>
        )}
      </Field>
    </Form>
  );
}
