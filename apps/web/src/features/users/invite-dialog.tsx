import { zodResolver } from "@hookform/resolvers/zod";
import { role } from "@muniment/shared/accounts.ts";
import { email } from "@muniment/shared/email-address.ts";
import type { Role } from "@muniment/shared/permissions.ts";
import { useMutation } from "@tanstack/react-query";
import { useForm } from "react-hook-form";
import { z } from "zod";
import { messageOf } from "../../errors.ts";
import { OutboxNotice } from "../../outbox-notice.tsx";
import { queryClient } from "../../query-client.ts";
import { trpc } from "../../trpc.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { Field } from "../../ui/field.tsx";
import { Form } from "../../ui/form.tsx";
import { Input } from "../../ui/input.tsx";
import { fromLocalInput } from "../../ui/local-input.ts";
import { toast } from "../../ui/toast.ts";
import { RoleField } from "./role-field.tsx";
import { UntilField } from "./until-field.tsx";

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

const fields = z.object({ email, role, until: z.string() });

function InviteForm({ onDone }: { onDone: () => void }) {
  const form = useForm({
    resolver: zodResolver(fields),
    defaultValues: { email: "", role: "member" as Role, until: "" },
  });
  const { errors } = form.formState;
  const hasEnd = form.watch("role") === "auditor";
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
      onSubmit={form.handleSubmit(({ until, ...values }) =>
        invite.mutate({ ...values, until: hasEnd ? fromLocalInput(until) : undefined }),
      )}
      submitError={messageOf(invite.error, {
        already_exists: "There is an account with this e-mail address already.",
        invalid_range: "The end must lie in the future.",
        sign_up_closed:
          "Nobody could accept it: new accounts are closed on this server (SIGN_UP=closed).",
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
      <OutboxNotice />
      <RoleField registration={form.register("role")} error={errors.role?.message} />
      {hasEnd && <UntilField registration={form.register("until")} error={errors.until?.message} />}
    </Form>
  );
}
