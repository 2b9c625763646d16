import { zodResolver } from "@hookform/resolvers/zod";
import { limitNames, setLimitInput } from "@muniment/shared/limits.ts";
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
import { limitMeanings } from "./limit-target.ts";
import { RuleFields } from "./rule-fields.tsx";

type Props = { open: boolean; onOpenChange: (open: boolean) => void };

export function OverrideDialog(props: Props) {
  return (
    <Dialog
      {...props}
      title="Limit one procedure"
      description="Overrides a class of limits for one procedure of the API."
    >
      <OverrideForm onDone={() => props.onOpenChange(false)} />
    </Dialog>
  );
}

const fields = setLimitInput.required({ class: true, procedure: true });

function OverrideForm({ onDone }: { onDone: () => void }) {
  const form = useForm({
    resolver: zodResolver(fields),
    defaultValues: {
      class: "general_user" as const,
      procedure: "",
      points: 60,
      durationSeconds: 60,
    },
  });
  const { errors } = form.formState;
  const set = useMutation(
    trpc.limits.set.mutationOptions({
      onSuccess: async () => {
        await queryClient.invalidateQueries(trpc.limits.pathFilter());
        onDone();
        toast.success("The limit was added.");
      },
    }),
  );
  return (
    <Form
      onSubmit={form.handleSubmit((values) => set.mutate(values))}
      submitError={messageOf(set.error)}
      pending={set.isPending}
      submitLabel="Add limit"
      onCancel={onDone}
    >
      <Field label="Class" error={errors.class?.message}>
        {(control) => (
          <Select {...control} {...form.register("class")}>
            {limitNames.map((name) => (
              <option key={name} value={name}>
                {limitMeanings[name]}
              </option>
            ))}
          </Select>
        )}
      </Field>
      <Field
        label="Procedure"
        hint="As in the audit log, for example agents.create."
        error={errors.procedure && "Write it as router.procedure."}
      >
        {(control) => (
          <Input
            {...control}
            {...form.register("procedure")}
            className="font-mono"
            spellCheck={false}
            autoCapitalize="none"
          />
        )}
      </Field>
      <RuleFields
        points={form.register("points", { valueAsNumber: true })}
        durationSeconds={form.register("durationSeconds", { valueAsNumber: true })}
        errors={errors}
      />
    </Form>
  );
}
