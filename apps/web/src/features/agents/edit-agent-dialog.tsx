import { zodResolver } from "@hookform/resolvers/zod";
import { type Agent, createAgentInput } from "@muniment/shared/agents.ts";
import { useMutation } from "@tanstack/react-query";
import { useForm } from "react-hook-form";
import { messageOf } from "../../errors.ts";
import { queryClient } from "../../query-client.ts";
import { trpc } from "../../trpc.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { Form } from "../../ui/form.tsx";
import { toast } from "../../ui/toast.ts";
import { AgentFields } from "./agent-fields.tsx";

type Props = { agent: Agent; open: boolean; onOpenChange: (open: boolean) => void };

export function EditAgentDialog({ agent, open, onOpenChange }: Props) {
  return (
    <Dialog open={open} onOpenChange={onOpenChange} title="Edit agent">
      <EditAgentForm agent={agent} onDone={() => onOpenChange(false)} />
    </Dialog>
  );
}

function EditAgentForm({ agent, onDone }: { agent: Agent; onDone: () => void }) {
  const form = useForm({
    resolver: zodResolver(createAgentInput),
    defaultValues: {
      name: agent.name,
      description: agent.description,
      environment: agent.environment,
    },
  });
  const update = useMutation(
    trpc.agents.update.mutationOptions({
      onSuccess: async () => {
        await queryClient.invalidateQueries(trpc.agents.pathFilter());
        onDone();
        toast.success("The agent was saved.");
      },
    }),
  );
  return (
    <Form
      onSubmit={form.handleSubmit((values) => update.mutate({ id: agent.id, ...values }))}
      submitError={messageOf(update.error)}
      pending={update.isPending}
      submitLabel="Save"
      onCancel={onDone}
    >
      <AgentFields register={form.register} errors={form.formState.errors} />
    </Form>
  );
}
