import { zodResolver } from "@hookform/resolvers/zod";
import { createWebhookInput, type WebhookWithSecret } from "@muniment/shared/webhooks.ts";
import { useMutation } from "@tanstack/react-query";
import { useForm } from "react-hook-form";
import { messageOf } from "../../errors.ts";
import { trpc } from "../../trpc.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { Form } from "../../ui/form.tsx";
import { WebhookFields } from "./webhook-fields.tsx";

type Props = {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  onCreated: (webhook: WebhookWithSecret) => void;
};

export function CreateWebhookDialog({ open, onOpenChange, onCreated }: Props) {
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      title="New webhook"
      description="Its secret is shown once, right after this. Alert rules send there when you choose it."
    >
      <CreateWebhookForm onCancel={() => onOpenChange(false)} onCreated={onCreated} />
    </Dialog>
  );
}

function CreateWebhookForm(props: Pick<Props, "onCreated"> & { onCancel: () => void }) {
  const form = useForm({
    resolver: zodResolver(createWebhookInput),
    defaultValues: { name: "", url: "" },
  });
  const create = useMutation(trpc.webhooks.create.mutationOptions({ onSuccess: props.onCreated }));
  return (
    <Form
      onSubmit={form.handleSubmit((values) => create.mutate(values))}
      submitError={messageOf(create.error)}
      pending={create.isPending}
      submitLabel="Create webhook"
      onCancel={props.onCancel}
    >
      <WebhookFields register={form.register} errors={form.formState.errors} />
    </Form>
  );
}
