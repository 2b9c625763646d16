import type { UseFormRegisterReturn } from "react-hook-form";
import { Field } from "./ui/field.tsx";
import { Input } from "./ui/input.tsx";

type Props = {
  registration: UseFormRegisterReturn;
  error: string | undefined;
  autoFocus?: boolean;
};

/** The address of an account, which password managers take for the name of its user. */
export function EmailField({ registration, error, autoFocus }: Props) {
  return (
    <Field label="E-mail" error={error}>
      {(control) => (
        <Input
          {...control}
          {...registration}
          type="email"
          autoComplete="username"
          autoFocus={autoFocus}
        />
      )}
    </Field>
  );
}
