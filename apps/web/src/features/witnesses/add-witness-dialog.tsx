import { useMutation } from "@tanstack/react-query";
import { useForm } from "react-hook-form";
import { messageOf } from "../../errors.ts";
import { queryClient } from "../../query-client.ts";
import { trpc } from "../../trpc.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { Field } from "../../ui/field.tsx";
import { Form } from "../../ui/form.tsx";
import { Input } from "../../ui/input.tsx";
import { Select } from "../../ui/select.tsx";
import { toast } from "../../ui/toast.ts";
import { BucketFields } from "./bucket-fields.tsx";
import { inputOf, kinds, noValues, type Values } from "./witness-input.ts";
import { kindWords } from "./witness-words.ts";

type Props = {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  onSecret: (secret: string) => void;
};

const hints = {
  witness: "Its submission prefix, such as https://other.example.org/witness of another Muniment.",
  webhook: "It is sent each checkpoint as JSON, signed like other webhooks.",
  email: "It gets the newest checkpoint once a day, if there is a new one.",
  bucket:
    "<endpoint>/<bucket>/<folder> of an S3-compatible store, such as https://s3.example.org/evidence/audit. The folder is for these checkpoints alone.",
} as const;

export function AddWitnessDialog(props: Props) {
  return (
    <Dialog
      open={props.open}
      onOpenChange={props.onOpenChange}
      title="Send checkpoints somewhere else"
      description="To a place that the administrator of this database does not own."
    >
      <AddWitnessForm onDone={() => props.onOpenChange(false)} onSecret={props.onSecret} />
    </Dialog>
  );
}

function AddWitnessForm({ onDone, onSecret }: { onDone: () => void; onSecret: Props["onSecret"] }) {
  const form = useForm<Values>({ defaultValues: noValues });
  const { errors } = form.formState;
  const kind = form.watch("kind");
  const add = useMutation(
    trpc.witnesses.add.mutationOptions({
      onSuccess: async ({ secret }) => {
        await queryClient.invalidateQueries(trpc.witnesses.pathFilter());
        onDone();
        if (secret) onSecret(secret);
        else toast.success("The newest checkpoint is on its way.");
      },
    }),
  );
  return (
    <Form
      onSubmit={form.handleSubmit((values) => {
        const input = inputOf(values);
        if (input.success) return add.mutate(input.data);
        for (const [place, { path, message }] of input.error.issues.entries()) {
          const field = Object.keys(noValues).find((name) => name === path[0]) ?? "target";
          form.setError(field as keyof Values, { message }, { shouldFocus: place === 0 });
        }
      })}
      submitError={messageOf(add.error, {
        already_exists: "Checkpoints are sent there already.",
        too_many: "There are as many places as there can be. Remove one first.",
      })}
      pending={add.isPending}
      submitLabel="Add"
      onCancel={onDone}
    >
      <Field label="Kind">
        {(control) => (
          <Select {...control} {...form.register("kind")}>
            {kinds.map((value) => (
              <option key={value} value={value}>
                {kindWords[value]}
              </option>
            ))}
          </Select>
        )}
      </Field>
      <Field
        label={kind === "email" ? "Address" : "URL"}
        hint={hints[kind]}
        error={errors.target?.message}
      >
        {(control) => (
          <Input
            {...control}
            {...form.register("target")}
            type={kind === "email" ? "email" : "url"}
            autoComplete="off"
            spellCheck={false}
          />
        )}
      </Field>
      {kind === "witness" && (
        <Field
          label="Verifier key"
          hint="<name>+<id>+<base64>, as its operator tells you. Another Muniment shows it under Witnesses, and at /witness/keys."
          error={errors.key?.message}
        >
          {(control) => (
            <Input {...control} {...form.register("key")} autoComplete="off" spellCheck={false} />
          )}
        </Field>
      )}
      {kind === "bucket" && (
        <BucketFields register={(name) => form.register(name)} errors={errors} />
      )}
    </Form>
  );
}
