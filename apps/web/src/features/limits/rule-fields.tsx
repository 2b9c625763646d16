import type { LimitRule } from "@muniment/shared/limits.ts";
import type { FieldErrors, UseFormRegisterReturn } from "react-hook-form";
import { Field } from "../../ui/field.tsx";
import { Input } from "../../ui/input.tsx";

type Props = {
  points: UseFormRegisterReturn;
  durationSeconds: UseFormRegisterReturn;
  errors: FieldErrors<LimitRule>;
};

export function RuleFields({ points, durationSeconds, errors }: Props) {
  return (
    <div className="grid grid-cols-2 gap-3">
      <Field label="At most" error={errors.points?.message}>
        {(control) => <Input {...control} {...points} type="number" min={1} inputMode="numeric" />}
      </Field>
      <Field label="Within seconds" error={errors.durationSeconds?.message}>
        {(control) => (
          <Input {...control} {...durationSeconds} type="number" min={1} inputMode="numeric" />
        )}
      </Field>
    </div>
  );
}
