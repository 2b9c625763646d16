import { passwordLength } from "@muniment/shared/passwords.ts";
import { type Control, type FieldErrors, type UseFormRegister, useWatch } from "react-hook-form";
import { EmailField } from "./email-field.tsx";
import { NewPasswordField } from "./new-password-field.tsx";
import { Field } from "./ui/field.tsx";
import { Input } from "./ui/input.tsx";

type Values = { email: string; displayName: string; password: string };

type Props = {
  register: UseFormRegister<Values>;
  errors: FieldErrors<Values>;
  control: Control<Values>;
};

/** The fields of every form that makes an account. */
export function NewAccountFields({ register, errors, control }: Props) {
  const { email, displayName, password } = useWatch({ control });
  return (
    <>
      <EmailField registration={register("email")} error={errors.email?.message} />
      <Field
        label="Name"
        hint="How you appear to others. The audit log names you by your e-mail."
        error={errors.displayName?.message}
      >
        {(input) => <Input {...input} {...register("displayName")} autoComplete="name" />}
      </Field>
      <NewPasswordField
        label="Password"
        registration={register("password")}
        error={errors.password?.message}
        value={password ?? ""}
        minimum={passwordLength.minimum}
        owner={{ email, displayName }}
      />
    </>
  );
}
