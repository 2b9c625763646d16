import type { Agent } from "@muniment/shared/agents.ts";
import { useMutation } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { messageOf } from "../../errors.ts";
import { queryClient } from "../../query-client.ts";
import { trpc } from "../../trpc.ts";
import { ConfirmDialog } from "../../ui/confirm-dialog.tsx";
import { toast } from "../../ui/toast.ts";

type Props = { agent: Agent; open: boolean; onOpenChange: (open: boolean) => void };

export function DeleteAgentDialog({ agent, open, onOpenChange }: Props) {
  const navigate = useNavigate();
  const remove = useMutation(
    trpc.agents.delete.mutationOptions({
      onSuccess: async () => {
        await navigate({ to: "/agents" });
        await queryClient.invalidateQueries(trpc.agents.list.pathFilter());
        toast.success(`${agent.name} was deleted.`);
      },
    }),
  );
  return (
    <ConfirmDialog
      open={open}
      onOpenChange={onOpenChange}
      title={`Delete ${agent.name}?`}
      confirmLabel="Delete agent"
      typed={agent.name}
      onConfirm={() => remove.mutate({ id: agent.id })}
      submitError={messageOf(remove.error)}
      pending={remove.isPending}
    >
      <p>Its keys stop working at once. This cannot be undone.</p>
    </ConfirmDialog>
  );
}
