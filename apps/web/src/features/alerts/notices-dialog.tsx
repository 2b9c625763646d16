import { zodResolver } from "@hookform/resolvers/zod";
import { type AlertNotices, alertNotices } from "@muniment/shared/alerts.ts";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useForm } from "react-hook-form";
import { messageOf } from "../../errors.ts";
import { queryClient } from "../../query-client.ts";
import { trpc } from "../../trpc.ts";
import { Checkbox } from "../../ui/checkbox.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { ErrorState } from "../../ui/error-state.tsx";
import { Field, Fieldset } from "../../ui/field.tsx";
import { Form } from "../../ui/form.tsx";
import { Select } from "../../ui/select.tsx";
import { Skeleton } from "../../ui/skeleton.tsx";
import { toast } from "../../ui/toast.ts";
import { WebhookChoices } from "../../webhook-choices.tsx";

type Props = { open: boolean; onClose: () => void };

export function NoticesDialog({ open, onClose }: Props) {
  return (
    <Dialog
      open={open}
      onOpenChange={(next) => !next && onClose()}
      title="Notices of alerts"
      description="How you are told when an alert is raised. Every administrator chooses for themselves."
    >
      {open && <Chosen onDone={onClose} />}
    </Dialog>
  );
}

function Chosen({ onDone }: { onDone: () => void }) {
  const { data, error, refetch } = useQuery(trpc.alerts.notices.queryOptions());
  if (data) return <NoticesForm chosen={data} onDone={onDone} />;
  if (!error) return <Skeleton className="h-40" />;
  return (
    <ErrorState
      title="This could not be read"
      message={messageOf(error) ?? ""}
      onRetry={() => void refetch()}
    />
  );
}

function NoticesForm({ chosen, onDone }: { chosen: AlertNotices; onDone: () => void }) {
  const { register, handleSubmit, formState } = useForm<AlertNotices>({
    resolver: zodResolver(alertNotices),
    defaultValues: chosen,
  });
  const save = useMutation(
    trpc.alerts.setNotices.mutationOptions({
      onSuccess: async () => {
        await queryClient.invalidateQueries(trpc.alerts.notices.pathFilter());
        onDone();
        toast.success("Your choice was saved.");
      },
    }),
  );
  return (
    <Form
      onSubmit={handleSubmit((values) => save.mutate(values))}
      submitError={messageOf(save.error)}
      pending={save.isPending}
      submitLabel="Save"
      onCancel={onDone}
    >
      <Field label="Alerts that are" error={formState.errors.severity?.message}>
        {(control) => (
          <Select {...control} {...register("severity")}>
            <option value="high">high</option>
            <option value="medium">medium or high</option>
            <option value="low">of any severity</option>
          </Select>
        )}
      </Field>
      <Fieldset legend="Tell" error={formState.errors.webhookIds?.message}>
        <Checkbox {...register("email")} label="Me, by e-mail" />
        <WebhookChoices field={register("webhookIds")} />
      </Fieldset>
    </Form>
  );
}
