import { environments } from "@muniment/shared/agents.ts";
import type { FieldErrors, UseFormRegister } from "react-hook-form";
import { Field } from "../../ui/field.tsx";
import { Input, Textarea } from "../../ui/input.tsx";
import { Select } from "../../ui/select.tsx";

export type AgentValues = {
  name: string;
  description?: string | undefined;
  environment?: (typeof environments)[number] | undefined;
};

type Props = {
  register: UseFormRegister<AgentValues>;
  errors: FieldErrors<AgentValues>;
};

export function AgentFields({ register, errors }: Props) {
  return (
    <>
      <Field label="Name" error={errors.name?.message}>
        {(control) => <Input {...control} {...register("name")} placeholder="Checkout service" />}
      </Field>
      <Field label="Environment" error={errors.environment?.message}>
        {(control) => (
          <Select {...control} {...register("environment")}>
            {environments.map((environment) => (
              <option key={environment}>{environment}</option>
            ))}
          </Select>
        )}
      </Field>
      <Field label="Description" optional error={errors.description?.message}>
        {(control) => <Textarea {...control} {...register("description")} />}
      </Field>
    </>
  );
}
