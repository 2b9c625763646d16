import { zodResolver } from "@hookform/resolvers/zod";
import { resetPasswordInput } from "@muniment/shared/accounts.ts";
import { passwordLength } from "@muniment/shared/passwords.ts";
import { useForm } from "react-hook-form";
import { NewPasswordField } from "./new-password-field.tsx";
import { Form } from "./ui/form.tsx";

const fields = resetPasswordInput.pick({ password: true });

// Whose account it is only the server knows.
const owner = { email: "", displayName: "" };

type Props = {
  onSubmit: (password: string) => void;
  submitError: string | null;
  pending: boolean;
};

/** The one field of the pages that set a password by a link. */
export function NewPasswordForm({ onSubmit, submitError, pending }: Props) {
  const form = useForm({ resolver: zodResolver(fields), defaultValues: { password: "" } });
  return (
    <Form
      onSubmit={form.handleSubmit(({ password }) => onSubmit(password))}
      submitError={submitError}
      pending={pending}
      submitLabel="Set the password"
      actions="block"
    >
      <NewPasswordField
        label="New password"
        registration={form.register("password")}
        error={form.formState.errors.password?.message}
        value={form.watch("password")}
        minimum={passwordLength.minimum}
        owner={owner}
      />
    </Form>
  );
}
