import { passwordMinLength } from "@muniment/shared/accounts.ts";
import type { FieldErrors, UseFormRegister } from "react-hook-form";
import { Field } from "./ui/field.tsx";
import { Input } from "./ui/input.tsx";
import { PasswordInput } from "./ui/password-input.tsx";

type Values = { email: string; displayName: string; password: string };

type Props = {
  register: UseFormRegister<Values>;
  errors: FieldErrors<Values>;
};

/** The fields of every form that makes an account. */
export function NewAccountFields({ register, errors }: Props) {
  return (
    <>
      <Field label="E-mail" error={errors.email?.message}>
        {(control) => (
          <Input {...control} {...register("email")} type="email" autoComplete="username" />
        )}
      </Field>
      <Field
        label="Name"
        hint="How you appear to others, in the audit log too."
        error={errors.displayName?.message}
      >
        {(control) => <Input {...control} {...register("displayName")} autoComplete="name" />}
      </Field>
      <Field
        label="Password"
        hint={`At least ${passwordMinLength} characters. A few random words are good; no digits or signs are demanded.`}
        error={errors.password?.message}
      >
        {(control) => (
          <PasswordInput {...control} {...register("password")} autoComplete="new-password" />
        )}
      </Field>
    </>
  );
}
