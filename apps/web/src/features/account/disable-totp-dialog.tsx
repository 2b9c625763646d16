import { zodResolver } from "@hookform/resolvers/zod";
import { currentPassword } from "@muniment/shared/accounts.ts";
import { useMutation } from "@tanstack/react-query";
import { useForm } from "react-hook-form";
import { z } from "zod";
import { messageOf } from "../../errors.ts";
import { trpc } from "../../trpc.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { Field } from "../../ui/field.tsx";
import { Form } from "../../ui/form.tsx";
import { PasswordInput } from "../../ui/password-input.tsx";
import { toast } from "../../ui/toast.ts";
import { refreshFactors } from "./factors-query.ts";

export function DisableTotpDialog(props: { open: boolean; onClose: () => void }) {
  return (
    <Dialog
      open={props.open}
      onOpenChange={(open) => !open && props.onClose()}
      title="Turn the authenticator app off?"
      description="Its codes stop working, and every other session ends. Without another second factor, the password alone signs in again, and the recovery codes are deleted."
    >
      <DisableForm onClose={props.onClose} />
    </Dialog>
  );
}

function DisableForm({ onClose }: { onClose: () => void }) {
  const form = useForm({
    resolver: zodResolver(z.object({ password: currentPassword })),
    defaultValues: { password: "" },
  });
  const disable = useMutation(
    trpc.account.disableTotp.mutationOptions({
      onSuccess: async () => {
        await refreshFactors();
        onClose();
        toast.success("The authenticator app was turned off.");
      },
    }),
  );
  return (
    <Form
      onSubmit={form.handleSubmit((values) => disable.mutate(values))}
      submitError={messageOf(disable.error, { invalid_credentials: "The password is wrong." })}
      pending={disable.isPending}
      submitLabel="Turn off"
      submitVariant="danger"
      onCancel={onClose}
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
