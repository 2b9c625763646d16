import type { UseFormRegisterReturn } from "react-hook-form";
import { Field } from "../../ui/field.tsx";
import { Input } from "../../ui/input.tsx";

type Props = { registration: UseFormRegisterReturn; error: string | undefined };

/** When the role of an auditor ends. */
export function UntilField({ registration, error }: Props) {
  return (
    <Field
      label="Until"
      hint="Your local time; a member from then on. Empty: without end."
      error={error}
    >
      {(control) => <Input {...control} {...registration} type="datetime-local" step={1} />}
    </Field>
  );
}
