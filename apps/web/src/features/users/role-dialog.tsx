import { zodResolver } from "@hookform/resolvers/zod";
import { role } from "@muniment/shared/accounts.ts";
import type { User } from "@muniment/shared/users.ts";
import { useMutation } from "@tanstack/react-query";
import { useForm } from "react-hook-form";
import { z } from "zod";
import { messageOf } from "../../errors.ts";
import { queryClient } from "../../query-client.ts";
import { trpc } from "../../trpc.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { Form } from "../../ui/form.tsx";
import { fromLocalInput, toLocalInput } from "../../ui/local-input.ts";
import { toast } from "../../ui/toast.ts";
import { RoleField } from "./role-field.tsx";
import { UntilField } from "./until-field.tsx";

/** Open while there is a user. */
export function RoleDialog({ user, onClose }: { user: User | null; onClose: () => void }) {
  return (
    <Dialog
      open={user !== null}
      onOpenChange={(open) => !open && onClose()}
      title={`Role of ${user?.displayName ?? ""}`}
      description="Takes effect at once. Another role ends the sessions of the user, and invitations that they sent as an administrator."
    >
      {user && <RoleForm user={user} onClose={onClose} />}
    </Dialog>
  );
}

const fields = z.object({ role, until: z.string() });

function RoleForm({ user, onClose }: { user: User; onClose: () => void }) {
  const form = useForm({
    resolver: zodResolver(fields),
    defaultValues: { role: user.role, until: toLocalInput(user.roleUntil ?? undefined) },
  });
  const hasEnd = form.watch("role") === "auditor";
  const setRole = useMutation(
    trpc.users.setRole.mutationOptions({
      onSuccess: async (changed) => {
        await queryClient.invalidateQueries(trpc.users.pathFilter());
        void queryClient.invalidateQueries(trpc.auth.me.queryFilter());
        onClose();
        toast.success(`${changed.displayName} is ${changed.role} now.`);
      },
    }),
  );
  return (
    <Form
      onSubmit={form.handleSubmit((values) =>
        setRole.mutate({
          id: user.id,
          role: values.role,
          until: hasEnd ? fromLocalInput(values.until) : undefined,
        }),
      )}
      submitError={messageOf(setRole.error, { invalid_range: "The end must lie in the future." })}
      pending={setRole.isPending}
      submitLabel="Change role"
      disabledReason={form.formState.isDirty ? undefined : "This is the role already."}
      onCancel={onClose}
    >
      <RoleField registration={form.register("role")} error={form.formState.errors.role?.message} />
      {hasEnd && (
        <UntilField
          registration={form.register("until")}
          error={form.formState.errors.until?.message}
        />
      )}
    </Form>
  );
}
