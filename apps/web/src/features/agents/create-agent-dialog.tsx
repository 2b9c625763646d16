import { zodResolver } from "@hookform/resolvers/zod";
import { createAgentInput } from "@muniment/shared/agents.ts";
import { useMutation } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useForm } from "react-hook-form";
import { messageOf } from "../../errors.ts";
import { queryClient } from "../../query-client.ts";
import { trpc } from "../../trpc.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { Form } from "../../ui/form.tsx";
import { AgentFields } from "./agent-fields.tsx";

type Props = { open: boolean; onOpenChange: (open: boolean) => void };

export function CreateAgentDialog(props: Props) {
  return (
    <Dialog
      {...props}
      title="New agent"
      description="You own it: its keys and its events are yours alone."
    >
      <CreateAgentForm onCancel={() => props.onOpenChange(false)} />
    </Dialog>
  );
}

function CreateAgentForm({ onCancel }: { onCancel: () => void }) {
  const navigate = useNavigate();
  const form = useForm({
    resolver: zodResolver(createAgentInput),
    defaultValues: { name: "", description: "", environment: "production" as const },
  });
  const create = useMutation(
    trpc.agents.create.mutationOptions({
      onSuccess: async ({ id }) => {
        void queryClient.invalidateQueries(trpc.agents.list.pathFilter());
        await navigate({ to: "/agents/$id", params: { id } });
      },
    }),
  );
  return (
    <Form
      onSubmit={form.handleSubmit((values) => create.mutate(values))}
      submitError={messageOf(create.error)}
      pending={create.isPending}
      submitLabel="Create agent"
      onCancel={onCancel}
    >
      <AgentFields register={form.register} errors={form.formState.errors} />
    </Form>
  );
}
