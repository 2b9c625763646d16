import type { ExportFormat } from "@muniment/shared/exports.ts";
import { useMutation, useSuspenseQuery } from "@tanstack/react-query";
import { useState } from "react";
import { messageOf } from "../../errors.ts";
import { queryClient } from "../../query-client.ts";
import { trpc } from "../../trpc.ts";
import { Checkbox } from "../../ui/checkbox.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Field } from "../../ui/field.tsx";
import { Form } from "../../ui/form.tsx";
import { Select } from "../../ui/select.tsx";
import { toast } from "../../ui/toast.ts";
import { CsvFields, readColumns } from "./csv-fields.tsx";
import { FileField } from "./file-field.tsx";
import { ownAgentsQuery } from "./imports-query.ts";
import { sendFile } from "./send-file.ts";

type Props = { open: boolean; onClose: () => void };

export function NewImportDialog({ open, onClose }: Props) {
  return (
    <Dialog
      open={open}
      onOpenChange={(next) => !next && onClose()}
      title="New import"
      description="Brings the events of a file into one of your agents. The same file again brings in nothing twice."
    >
      {open && <ImportForm onDone={onClose} />}
    </Dialog>
  );
}

const refresh = () => queryClient.invalidateQueries(trpc.imports.pathFilter());

/** Goes on after the dialog is closed: the list shows how far it is. */
async function send(id: string, file: File): Promise<void> {
  try {
    await sendFile(id, file);
  } catch (error) {
    toast.error(error instanceof Error ? error.message : "The file could not be sent.");
  }
  await refresh();
}

function ImportForm({ onDone }: { onDone: () => void }) {
  const agents = useSuspenseQuery(ownAgentsQuery()).data.items;
  const [file, setFile] = useState<File | null>(null);
  const [agentId, setAgentId] = useState(agents[0]?.id ?? "");
  const [format, setFormat] = useState<ExportFormat>("ndjson");
  const [csv, setCsv] = useState({ type: "", columns: "" });
  const [allowIncomplete, setAllowIncomplete] = useState(false);
  const [problem, setProblem] = useState<{ file?: string; columns?: string }>({});
  const create = useMutation(
    trpc.imports.create.mutationOptions({
      onSuccess: async ({ id }) => {
        if (file) void send(id, file);
        await refresh();
        onDone();
      },
    }),
  );
  function submit() {
    const columns = readColumns(csv.columns);
    if (!file || file.size === 0) return setProblem({ file: "Choose a file that is not empty." });
    if (!columns) return setProblem({ columns: "A line is not field=column." });
    setProblem({});
    create.mutate({
      agentId,
      format,
      name: file.name.slice(0, 255),
      sizeBytes: file.size,
      allowIncomplete,
      ...(format === "csv" && csv.type ? { type: csv.type } : {}),
      ...(format === "csv" ? { columns } : {}),
    });
  }
  return (
    <Form
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
      submitError={messageOf(create.error)}
      pending={create.isPending}
      submitLabel="Import"
      disabledReason={agents.length === 0 ? "Make an agent first." : undefined}
      onCancel={onDone}
    >
      <FileField
        file={file}
        error={problem.file}
        onFile={(chosen) => {
          setFile(chosen);
          setProblem({});
          setFormat(/\.csv$/i.test(chosen.name) ? "csv" : "ndjson");
        }}
      />
      <Field label="Agent" hint="Whose events they are to be.">
        {(control) => (
          <Select
            {...control}
            value={agentId}
            onChange={({ target }) => setAgentId(target.value)}
            disabled={agents.length === 0}
          >
            {agents.map(({ id, name }) => (
              <option key={id} value={id}>
                {name}
              </option>
            ))}
          </Select>
        )}
      </Field>
      <Field label="Format">
        {(control) => (
          <Select
            {...control}
            value={format}
            onChange={({ target }) => setFormat(target.value === "csv" ? "csv" : "ndjson")}
          >
            <option value="ndjson">NDJSON: one event a line</option>
            <option value="csv">CSV</option>
          </Select>
        )}
      </Field>
      {format === "csv" && <CsvFields values={csv} error={problem.columns} onChange={setCsv} />}
      <Checkbox
        label="Take an export that was cut off"
        hint="Else a file whose last line is missing, or does not fit, is refused whole."
        checked={allowIncomplete}
        onChange={({ target }) => setAllowIncomplete(target.checked)}
      />
    </Form>
  );
}
