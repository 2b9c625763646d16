import { zodResolver } from "@hookform/resolvers/zod";
import { inviteUserInput } from "@muniment/shared/users.ts";
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
import { RoleField } from "./role-field.tsx";

type Props = { open: boolean; onOpenChange: (open: boolean) => void };

export function InviteDialog(props: Props) {
  return (
    <Dialog
      {...props}
      title="Invite somebody"
      description="They get a mail with a single-use link to make their account."
    >
      <InviteForm onDone={() => props.onOpenChange(false)} />
    </Dialog>
  );
}

function InviteForm({ onDone }: { onDone: () => void }) {
  const form = useForm({
    resolver: zodResolver(inviteUserInput),
    defaultValues: { email: "", role: "member" as const },
  });
  const { errors } = form.formState;
  const invite = useMutation(
    trpc.users.invite.mutationOptions({
      onSuccess: async ({ email, expiresAt }) => {
        await queryClient.invalidateQueries(trpc.users.invitations.pathFilter());
        onDone();
        toast.success(
          `An invitation is on its way to ${email}, valid until ${expiresAt.slice(0, 10)}.`,
        );
      },
    }),
  );
  return (
    <Form
      onSubmit={form.handleSubmit((values) => invite.mutate(values))}
      submitError={messageOf(invite.error, {
        already_exists: "There is an account with this e-mail address already.",
      })}
      pending={invite.isPending}
      submitLabel="Send invitation"
      onCancel={onDone}
    >
      <Field label="E-mail" error={errors.email?.message}>
        {(control) => (
          <Input {...control} {...form.register("email")} type="email" autoComplete="off" />
        )}
      </Field>
      <RoleField registration={form.register("role")} error={errors.role?.message} />
    </Form>
  );
}
