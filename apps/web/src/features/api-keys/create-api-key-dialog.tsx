import { zodResolver } from "@hookform/resolvers/zod";
import type { CreatedApiKey } from "@muniment/shared/api-keys.ts";
import { useMutation } from "@tanstack/react-query";
import { useForm } from "react-hook-form";
import { messageOf } from "../../errors.ts";
import { trpc } from "../../trpc.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { Form } from "../../ui/form.tsx";
import { ApiKeyFields } from "./api-key-fields.tsx";
import { apiKeyForm, expiryOf } from "./api-key-form.ts";

type Props = {
  agentId: string;
  open: boolean;
  onOpenChange: (open: boolean) => void;
  onCreated: (key: CreatedApiKey) => void;
};

export function CreateApiKeyDialog({ open, onOpenChange, ...rest }: Props) {
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      title="New API key"
      description="Give it no more than the agent needs. The key itself is shown once, right after this."
    >
      <CreateApiKeyForm {...rest} onCancel={() => onOpenChange(false)} />
    </Dialog>
  );
}

type FormProps = Pick<Props, "agentId" | "onCreated"> & { onCancel: () => void };

function CreateApiKeyForm({ agentId, onCreated, onCancel }: FormProps) {
  const form = useForm({
    resolver: zodResolver(apiKeyForm),
    defaultValues: {
      name: "",
      scopes: ["events:write" as const],
      lifetime: "90" as const,
      allowedCidrs: "",
      eventTypes: "",
      origins: "",
    },
  });
  const create = useMutation(trpc.apiKeys.create.mutationOptions({ onSuccess: onCreated }));
  return (
    <Form
      onSubmit={form.handleSubmit(({ lifetime, ...values }) =>
        create.mutate({ agentId, ...values, expiresAt: expiryOf(lifetime, Date.now()) }),
      )}
      submitError={messageOf(create.error)}
      pending={create.isPending}
      submitLabel="Create key"
      onCancel={onCancel}
    >
      <ApiKeyFields register={form.register} errors={form.formState.errors} />
    </Form>
  );
}
