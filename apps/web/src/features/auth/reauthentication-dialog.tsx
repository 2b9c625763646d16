import { zodResolver } from "@hookform/resolvers/zod";
import { reauthenticateInput } from "@muniment/shared/accounts.ts";
import { useMutation } from "@tanstack/react-query";
import { useForm } from "react-hook-form";
import { messageOf } from "../../errors.ts";
import { settleReauthentication } from "../../reauthentication.ts";
import { trpc } from "../../trpc.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { Field } from "../../ui/field.tsx";
import { Form } from "../../ui/form.tsx";
import { PasswordInput } from "../../ui/password-input.tsx";

export function ReauthenticationDialog() {
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && settleReauthentication(false)}
      title="Confirm it is you"
      description="This step is protected. Enter your password to go on; it is asked again after five minutes."
    >
      <PasswordForm />
    </Dialog>
  );
}

function PasswordForm() {
  const form = useForm({
    resolver: zodResolver(reauthenticateInput),
    defaultValues: { password: "" },
  });
  const reauthenticate = useMutation(
    trpc.auth.reauthenticate.mutationOptions({ onSuccess: () => settleReauthentication(true) }),
  );
  return (
    <Form
      onSubmit={form.handleSubmit((values) => reauthenticate.mutate(values))}
      submitError={messageOf(reauthenticate.error, {
        invalid_credentials: "The password is wrong.",
      })}
      pending={reauthenticate.isPending}
      submitLabel="Confirm"
      onCancel={() => settleReauthentication(false)}
    >
      <Field label="Password" error={form.formState.errors.password && "Enter your password."}>
        {(control) => (
          <PasswordInput
            {...control}
            {...form.register("password")}
            autoComplete="current-password"
          />
        )}
      </Field>
    </Form>
  );
}
