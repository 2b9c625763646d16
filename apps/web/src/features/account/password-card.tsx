import { zodResolver } from "@hookform/resolvers/zod";
import { changePasswordInput } from "@muniment/shared/accounts.ts";
import { minimumCodePoints } from "@muniment/shared/passwords.ts";
import { useMutation } from "@tanstack/react-query";
import { useForm } from "react-hook-form";
import { messageOf } from "../../errors.ts";
import { NewPasswordField } from "../../new-password-field.tsx";
import { queryClient } from "../../query-client.ts";
import { useMe } from "../../session.ts";
import { trpc } from "../../trpc.ts";
import { Card } from "../../ui/card.tsx";
import { Field } from "../../ui/field.tsx";
import { Form } from "../../ui/form.tsx";
import { PasswordInput } from "../../ui/password-input.tsx";
import { toast } from "../../ui/toast.ts";

export function PasswordCard() {
  const me = useMe();
  const form = useForm({
    resolver: zodResolver(changePasswordInput),
    defaultValues: { currentPassword: "", password: "" },
  });
  const { errors } = form.formState;
  const change = useMutation(
    trpc.account.changePassword.mutationOptions({
      onSuccess: async ({ revoked }) => {
        form.reset();
        await queryClient.invalidateQueries(trpc.sessions.pathFilter());
        toast.success(
          revoked === 0
            ? "Your password was changed."
            : `Your password was changed and ${revoked === 1 ? "one other session" : `${revoked} other sessions`} ended.`,
        );
      },
    }),
  );
  return (
    <Card title="Password" description="Changing it ends every other session.">
      <Form
        onSubmit={form.handleSubmit((values) => change.mutate(values))}
        submitError={messageOf(change.error, {
          invalid_credentials: "The current password is wrong.",
        })}
        pending={change.isPending}
        submitLabel="Change password"
        actions="start"
      >
        {/* Tells password managers whose password this is. */}
        <input type="email" value={me.email} autoComplete="username" readOnly hidden />
        <Field label="Current password" error={errors.currentPassword?.message}>
          {(control) => (
            <PasswordInput
              {...control}
              {...form.register("currentPassword")}
              autoComplete="current-password"
            />
          )}
        </Field>
        <NewPasswordField
          label="New password"
          registration={form.register("password")}
          error={errors.password?.message}
          value={form.watch("password")}
          minimum={minimumCodePoints(me.secondFactor)}
          owner={me}
        />
      </Form>
    </Card>
  );
}
