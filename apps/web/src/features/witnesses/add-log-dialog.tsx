import { useMutation } from "@tanstack/react-query";
import { useForm } from "react-hook-form";
import { messageOf } from "../../errors.ts";
import { queryClient } from "../../query-client.ts";
import { trpc } from "../../trpc.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { Field } from "../../ui/field.tsx";
import { Form } from "../../ui/form.tsx";
import { Input } from "../../ui/input.tsx";
import { toast } from "../../ui/toast.ts";

type Props = { open: boolean; onOpenChange: (open: boolean) => void };

export function AddLogDialog(props: Props) {
  return (
    <Dialog
      {...props}
      title="Witness a log"
      description="Ask its operator for the verifier key, or read it at /audit/keys of another Muniment and compare."
    >
      <AddLogForm onDone={() => props.onOpenChange(false)} />
    </Dialog>
  );
}

function AddLogForm({ onDone }: { onDone: () => void }) {
  const form = useForm({ defaultValues: { key: "" } });
  const add = useMutation(
    trpc.witnesses.addLog.mutationOptions({
      onSuccess: async ({ origin }) => {
        await queryClient.invalidateQueries(trpc.witnesses.pathFilter());
        onDone();
        toast.success(`${origin} is cosigned here from now on.`);
      },
    }),
  );
  return (
    <Form
      onSubmit={form.handleSubmit(({ key }) => add.mutate({ keys: [key.trim()] }))}
      submitError={messageOf(add.error, {
        invalid_input: "This is not the verifier key of a log.",
        too_many: "There are as many logs as there can be. Forget one first.",
      })}
      pending={add.isPending}
      submitLabel="Witness this log"
      onCancel={onDone}
    >
      <Field
        label="Verifier key of the log"
        hint="<name>+<id>+<base64>"
        error={form.formState.errors.key?.message}
      >
        {(control) => (
          <Input
            {...control}
            {...form.register("key", { required: "Give the key." })}
            autoComplete="off"
            spellCheck={false}
          />
        )}
      </Field>
    </Form>
  );
}
