import { zodResolver } from "@hookform/resolvers/zod";
import { createWebhookInput, type Webhook } from "@muniment/shared/webhooks.ts";
import { useMutation } from "@tanstack/react-query";
import { useForm } from "react-hook-form";
import { messageOf } from "../../errors.ts";
import { queryClient } from "../../query-client.ts";
import { trpc } from "../../trpc.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { Form } from "../../ui/form.tsx";
import { toast } from "../../ui/toast.ts";
import { WebhookFields } from "./webhook-fields.tsx";

type Props = { webhook: Webhook; open: boolean; onOpenChange: (open: boolean) => void };

export function EditWebhookDialog({ webhook, open, onOpenChange }: Props) {
  return (
    <Dialog open={open} onOpenChange={onOpenChange} title="Edit webhook">
      <EditWebhookForm webhook={webhook} onDone={() => onOpenChange(false)} />
    </Dialog>
  );
}

function EditWebhookForm({ webhook, onDone }: { webhook: Webhook; onDone: () => void }) {
  const { id, name, url } = webhook;
  const form = useForm({ resolver: zodResolver(createWebhookInput), defaultValues: { name, url } });
  const update = useMutation(
    trpc.webhooks.update.mutationOptions({
      onSuccess: async () => {
        await queryClient.invalidateQueries(trpc.webhooks.pathFilter());
        onDone();
        toast.success("The webhook was saved.");
      },
    }),
  );
  return (
    <Form
      onSubmit={form.handleSubmit((values) => update.mutate({ id, ...values }))}
      submitError={messageOf(update.error)}
      pending={update.isPending}
      submitLabel="Save"
      onCancel={onDone}
    >
      <WebhookFields register={form.register} errors={form.formState.errors} />
    </Form>
  );
}
