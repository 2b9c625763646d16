import { type AuditExportFormat, auditExportInput } from "@muniment/shared/audit-log.ts";
import { useMutation } from "@tanstack/react-query";
import { useForm } from "react-hook-form";
import { messageOf } from "../../errors.ts";
import { trpc } from "../../trpc.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { Field } from "../../ui/field.tsx";
import { Form } from "../../ui/form.tsx";
import { Input } from "../../ui/input.tsx";
import { Select } from "../../ui/select.tsx";

const labels = {
  html: "Evidence with the page that verifies it (HTML)",
  json: "Evidence for other verifiers (JSON)",
  ndjson: "Entries as NDJSON: one JSON object per line",
  csv: "Entries as CSV: for spreadsheets, formulas made harmless",
  ocsf: "Entries as OCSF 1.3.0 events: for a SIEM",
} as const satisfies Record<AuditExportFormat, string>;
const formats = Object.keys(labels) as AuditExportFormat[];

type Props = { open: boolean; onOpenChange: (open: boolean) => void };

export function ExportLogDialog(props: Props) {
  return (
    <Dialog
      {...props}
      title="Export the audit log"
      description="Sealed entries by their index, the oldest first. The log records that they were exported."
    >
      <ExportLogForm onDone={() => props.onOpenChange(false)} />
    </Dialog>
  );
}

/** Lets the browser save the answer under its own name, without leaving the page. */
function download(path: string): void {
  const link = document.createElement("a");
  link.href = path;
  link.download = "";
  link.click();
}

/** An index as it was typed; undefined where nothing was. */
const indexIn = (text: string) => (text.trim() === "" ? undefined : Number(text));

function ExportLogForm({ onDone }: { onDone: () => void }) {
  const form = useForm({
    defaultValues: { format: "html" as AuditExportFormat, from: "", last: "" },
  });
  const { errors } = form.formState;
  const create = useMutation(
    trpc.audit.export.mutationOptions({
      onSuccess: ({ path }) => {
        download(path);
        onDone();
      },
    }),
  );
  return (
    <Form
      onSubmit={form.handleSubmit(({ format, from, last }) => {
        const until = indexIn(last);
        const to = until === undefined ? undefined : until + 1;
        const input = auditExportInput.safeParse({ format, from: indexIn(from), to });
        if (input.success) return create.mutate(input.data);
        for (const { path } of input.error.issues) {
          const field = path[0] === "to" ? "last" : "from";
          form.setError(field, { message: "Give the index of an entry." });
        }
      })}
      submitError={
        create.error &&
        (create.error.data?.reason === "invalid_range"
          ? create.error.message
          : messageOf(create.error, { not_found: "The log has not so many sealed entries." }))
      }
      pending={create.isPending}
      submitLabel="Export"
      onCancel={onDone}
    >
      <Field label="What">
        {(control) => (
          <Select {...control} {...form.register("format")}>
            {formats.map((format) => (
              <option key={format} value={format}>
                {labels[format]}
              </option>
            ))}
          </Select>
        )}
      </Field>
      <Field
        label="First index"
        optional
        hint="Empty: from the beginning."
        error={errors.from?.message}
      >
        {(control) => (
          <Input {...control} {...form.register("from")} inputMode="numeric" autoComplete="off" />
        )}
      </Field>
      <Field
        label="Last index"
        optional
        hint="Empty: to the newest. Evidence holds at most 10,000 entries."
        error={errors.last?.message}
      >
        {(control) => (
          <Input {...control} {...form.register("last")} inputMode="numeric" autoComplete="off" />
        )}
      </Field>
    </Form>
  );
}
